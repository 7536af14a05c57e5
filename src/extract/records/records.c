/* records.c - the records of a file, one after the other, as documents.
 *
 * A record of NDJSON or CSV is read as the text that it is; a message of a mailbox goes the way of
 * every document inside another (extract.c), so it may have attachments. A line that is no JSON
 * behind a beginning that is (a log that was cut, say) is a record all the same, as plain text.
 */
#include "extract/records.h"

#include "base/utf8.h"
#include "extract/convert.h"
#include "extract/mail/mbox.h"
#include "extract/part.h"
#include "extract/sidecar_apply.h"
#include "extract/records/record_kinds.h"
#include "extract/sniff.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_ndjson(struct records *r, struct document *d)
{
    int e = extract_json_record(r->x, d);

    if (e != EXTRACT_REFUSED)
        return e;
    result_rollback(d);
    d->out->media_type = "text/plain";
    result_meta_str(d, "damaged", "it is not valid JSON", strlen("it is not valid JSON"));
    result_whole_text(d);
    return 0;
}

static int read_csv(struct records *r, struct document *d)
{
    return record_csv_read(&r->csv, d);
}

static const struct record_type types[] = {
    {RECORDS_NDJSON, "application/json", "record ", "", record_end_line, read_ndjson},
    {RECORDS_CSV, NULL, "record ", "", record_end_csv, read_csv},
    {RECORDS_MBOX, NULL, "message-", ".eml", record_end_mbox, NULL},
};

const struct record_type *record_type_of(enum record_kind kind)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++)
        if (types[i].kind == kind)
            return &types[i];
    return NULL;
}

/* ---- the file ---- */

static const char *media_type_of(const struct record_type *type, const struct document *head)
{
    const struct format *f = type->kind == RECORDS_CSV ? sniff_text(FAMILY_TEXT, head) : NULL;

    if (f)
        return f->media_type;
    return type->kind == RECORDS_MBOX ? "application/mbox" : "application/x-ndjson";
}

static int look(struct records *r, struct document *head, unsigned kinds)
{
    struct decoded text = {0};
    int e = record_sniff(r->x, head, kinds, &r->type, &text);

    if (e < 0 || !r->type)
        return e < 0 ? e : RECORDS_NONE;
    r->media_type = media_type_of(r->type, head);
    if (r->type->kind != RECORDS_MBOX)
        (void)snprintf(r->encoding, sizeof(r->encoding), "%s", text.encoding);
    if (r->type->kind == RECORDS_CSV)
        e = record_csv_begin(&r->csv, head->text, head->size);
    r->stream.find_end = r->type->find_end;
    r->stream.delimiter = r->csv.delimiter;
    return e;
}

int records_new(struct extractor *x, const char *name, const char *head, size_t size, bool whole,
                unsigned kinds, size_t max_record_bytes, struct records **ret)
{
    struct document d = {
        .limits = &x->limits, .name = name, .bytes = head, .n_bytes = size, .cut_off = !whole};
    const char *last = whole ? NULL : memrchr(head, '\n', size);
    struct records *r = calloc(1, sizeof(*r));
    int e;

    if (!r)
        return -ENOMEM;
    if (last)
        d.n_bytes = (size_t)(last - head) + 1; /* no character in part */
    r->x = x;
    r->stream.max_bytes = max_record_bytes;
    e = look(r, &d, kinds);
    if (e != 0) {
        records_free(r);
        return e;
    }
    *ret = r;
    return 0;
}

struct records *records_free(struct records *r)
{
    if (!r)
        return NULL;
    record_stream_done(&r->stream);
    record_csv_done(&r->csv);
    extraction_done(&r->out);
    buf_done(&r->copy);
    buf_done(&r->bytes);
    free(r);
    return NULL;
}

void records_begin(struct records *r, records_read read, void *user)
{
    record_stream_begin(&r->stream, read, user);
    r->n_headers = record_csv_has_header(&r->csv);
    r->header_ahead = r->n_headers > 0;
    r->n_parts = 0;
}

int records_next(struct records *r, struct record *ret)
{
    struct record record;
    int e = record_stream_next(&r->stream, &record);

    if (e == 0 && r->header_ahead) {
        r->header_ahead = false;
        e = record_stream_next(&r->stream, &record);
    }
    if (e != 0)
        return e;
    record.ordinal -= r->n_headers;
    *ret = record;
    return 0;
}

int records_describe(struct records *r, const struct sidecar *sidecar, struct extraction *out)
{
    struct document d = {.limits = &r->x->limits, .out = out};
    uint64_t n = r->stream.n - MIN(r->stream.n, r->n_headers);

    result_begin(&d);
    out->media_type = r->media_type;
    out->supported = true;
    if (sidecar)
        sidecar_apply_members(sidecar, &d);
    if (r->encoding[0])
        result_meta_str(&d, "encoding", r->encoding, strlen(r->encoding));
    if (r->type->kind == RECORDS_CSV)
        record_csv_describe(&r->csv, &d);
    if (r->stream.lines_only)
        result_meta_str(&d, "damaged", "a quote is not closed", strlen("a quote is not closed"));
    result_meta_bool(&d, "split", true);
    result_meta_uint(&d, "record_count", n);
    if (sidecar)
        sidecar_apply_fields(sidecar, &d);
    return result_end(&d);
}

/* ---- a record ---- */

/* Parts of one record are numbered on their own; what is passed on, through the file. */
struct relay {
    struct records *r;
    uint64_t base; /* the record's own number */
    extract_take_part take;
    extract_has_time has_time;
    void *user;
};

static bool relay_time(void *user)
{
    const struct relay *relay = user;

    return !relay->has_time || relay->has_time(relay->user);
}

static int pass_on(void *user, const struct extract_part *part)
{
    struct relay *relay = user;
    struct extract_part numbered = *part;

    numbered.number = (unsigned)(relay->base + part->number);
    numbered.parent = (unsigned)(relay->base + part->parent);
    return relay->take(relay->user, &numbered);
}

/* Its bytes as text: in the encoding of the file where they are not UTF-8. 0, DECODE_BINARY or
 * -ENOMEM. */
static int decode(struct records *r, const char *bytes, size_t size, bool cut_off,
                  struct decoded *ret)
{
    char name[64];
    int e;

    if (!r->encoding[0] || utf8_valid_prefix(bytes, size) == size)
        return decode_text(&r->x->decoder, bytes, size, cut_off, ret);
    *ret = (struct decoded){0};
    buf_clear(&r->copy);
    e = convert_to_utf8(r->encoding, bytes, size, cut_off, &r->copy, name, &ret->replaced_bytes);
    ret->text = buf_text(&r->copy);
    ret->size = r->copy.size;
    return e < 0 ? e : e == CONVERT_UNKNOWN ? DECODE_BINARY : 0;
}

static int read_text(struct records *r, struct document *d, const struct decoded *text)
{
    int e;

    d->text = text->text;
    d->size = text->size;
    result_begin(d);
    d->out->media_type = r->type->media_type ? r->type->media_type : r->media_type;
    d->out->supported = true;
    if (text->replaced_bytes > 0)
        result_meta_uint(d, "replaced_bytes", text->replaced_bytes);
    result_mark(d);
    e = r->type->read(r, d);
    buf_clear(&r->x->scratch);
    return e == 0 ? result_end(d) : e;
}

/* Like any document inside another: a message, or a line that is no text. */
static int read_as_part(struct records *r, const char *name, const char *bytes, size_t size,
                        bool cut_off, struct relay *relay)
{
    struct parts parts = {.take = pass_on, .has_time = relay_time, .user = relay};
    const struct extract_input in = {
        .name = name, .bytes = bytes, .size = size, .cut_off = cut_off};
    int e = extract_at_depth(r->x, &in, &parts, 0, 1, &r->out);

    r->n_parts += parts.n;
    return e;
}

static int read_line(struct records *r, const char *name, const struct record *record,
                     struct relay *relay, struct extract_part *part)
{
    struct document d = {.limits = &r->x->limits, .out = &r->out, .cut_off = record->cut_off};
    size_t size = record->size;
    struct decoded text;
    int e;

    while (!record->cut_off && size > 0 &&
           (record->bytes[size - 1] == '\n' || record->bytes[size - 1] == '\r'))
        size--;
    e = decode(r, record->bytes, size, record->cut_off, &text);
    part->bytes = record->bytes;
    part->size = size;
    if (e == DECODE_BINARY)
        return read_as_part(r, name, part->bytes, part->size, record->cut_off, relay);
    if (e == 0 && r->type->kind == RECORDS_CSV) {
        record_csv_bytes(&r->csv, text.text, text.size, &r->bytes);
        part->bytes = buf_text(&r->bytes);
        part->size = r->bytes.size;
        e = buf_error(&r->bytes);
    }
    return e == 0 ? read_text(r, &d, &text) : e;
}

static int read_message(struct records *r, const char *name, const struct record *record,
                        struct relay *relay, struct extract_part *part)
{
    struct mbox_message m;
    int e = mbox_message(record->bytes, record->size, &r->copy, &m);

    part->bytes = m.bytes;
    part->size = m.size;
    return e == 0 ? read_as_part(r, name, m.bytes, m.size, record->cut_off, relay) : e;
}

int records_extract(struct records *r, const struct record *record, extract_take_part take,
                    extract_has_time has_time, void *user)
{
    struct relay relay = {
        .r = r, .base = ++r->n_parts, .take = take, .has_time = has_time, .user = user};
    struct extract_part part = {.number = (unsigned)relay.base,
                                .ordinal = (unsigned)record->ordinal,
                                .extraction = &r->out};
    char path[48];
    int e;

    part.path = path;
    part.path_size = (size_t)snprintf(path, sizeof(path), "%s%" PRIu64 "%s", r->type->path_begin,
                                      record->ordinal, r->type->path_end);
    e = r->type->read ? read_line(r, path, record, &relay, &part)
                      : read_message(r, path, record, &relay, &part);
    return e == 0 ? take(user, &part) : e;
}
