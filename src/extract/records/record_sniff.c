/* record_sniff.c - which files have records: those that would be read as NDJSON, CSV or mailboxes.
 *
 * The beginning goes the way of extract.c, as far as it must: the families of text in their order,
 * of which the first that takes it decides. What is wide (UTF-16) or switches its set by escapes has
 * no line ends that could be found in its bytes: such files are read whole, like any other.
 */
#include "extract/records/record_kinds.h"
#include "extract/sniff.h"
#include "extract/text/json_scan.h"

#include <string.h>
#include <strings.h>

/* Cheap, so that other files are not decoded twice. */
static bool may_have_records(const struct document *head, unsigned kinds)
{
    static const char *const names[] = {".ndjson", ".jsonl", ".csv", ".tsv", ".tab", ".mbox"};
    const char *dot = head->name ? strrchr(head->name, '.') : NULL, *at = head->bytes;
    size_t n = head->n_bytes;

    for (size_t i = 0; dot && i < ARRAY_SIZE(names); i++)
        if (strcasecmp(dot, names[i]) == 0)
            return true;
    if (n >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
        n -= 3;
    }
    trim(&at, &n);
    return (kinds & RECORDS_NDJSON && n > 0 && (*at == '{' || *at == '[')) ||
           (kinds & RECORDS_MBOX && n >= 5 && memcmp(at, "From ", 5) == 0);
}

/* What the format_json.c would read to its end: then the lines are not records. */
static bool is_one_value(const struct document *head)
{
    struct json_scan s = {
        .text = head->text, .size = head->size, .max_depth = head->limits->max_depth};
    enum json_verdict v = json_scan_value(&s);

    return v == JSON_TOO_DEEP || (v == JSON_CUT_OFF && head->cut_off) ||
           (v == JSON_VALID && s.at >= s.size && !head->cut_off);
}

static bool are_values(const struct document *head)
{
    size_t at = 0, n;
    const char *line;

    while (at < head->size) {
        struct json_scan s = {.max_depth = head->limits->max_depth};
        enum json_verdict v;

        at = next_line(head->text, head->size, at, &line, &n);
        trim(&line, &n);
        s.text = line;
        s.size = n;
        if (n == 0)
            continue;
        v = json_scan_value(&s);
        if ((v != JSON_VALID || s.at < n) && v != JSON_TOO_DEEP &&
            !(at == head->size && head->cut_off))
            return false;
    }
    return true;
}

static enum record_kind kind_of_text(struct document *head)
{
    for (enum family family = 0; family < N_TEXT_FAMILIES; family++) {
        const struct format *f = sniff_text(family, head);

        if (!f)
            continue;
        if (f->extract == extract_mbox)
            return RECORDS_MBOX;
        if (f->extract == extract_csv)
            return RECORDS_CSV;
        if (f->extract == extract_ndjson && are_values(head))
            return RECORDS_NDJSON;
        if (f->extract != extract_ndjson && (f->extract != extract_json || is_one_value(head)))
            return 0;
    }
    return 0;
}

static bool has_lines_in_bytes(const struct decoded *text)
{
    return strncmp(text->encoding, "UTF-", 4) != 0 && strncmp(text->encoding, "ISO-2022", 8) != 0;
}

int record_sniff(struct extractor *x, struct document *head, unsigned kinds,
                 const struct record_type **ret, struct decoded *text)
{
    const struct format *known = sniff_signature(head->bytes, head->n_bytes);
    enum record_kind kind = 0;
    int r = 0;

    *ret = NULL;
    if (!may_have_records(head, kinds) || sniff_named(head->name) ||
        (known && known->family != FAMILY_SIGNATURE_WEAK && known->family != FAMILY_SIGNATURE_NEAR))
        return 0;
    known = sniff_mail(head);
    if (known && known->extract != extract_mbox)
        return 0;
    r = decode_text(&x->decoder, head->bytes, head->n_bytes, head->cut_off, text);
    if (r < 0)
        return r;
    head->text = text->text;
    head->size = text->size;
    if (known)
        kind = RECORDS_MBOX; /* has an encoding for each of its parts */
    else if (r == 0 && has_lines_in_bytes(text))
        kind = kind_of_text(head);
    if (kind & kinds)
        *ret = record_type_of(kind);
    return 0;
}
