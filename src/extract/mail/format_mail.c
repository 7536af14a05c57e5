/* format_mail.c - messages (RFC 5322, MIME): the text, who wrote it to whom, and what is attached.
 *
 * The body begins with the subject, the people and the date as lines, because that is what messages
 * are searched for by; then comes the text. Of alternatives one is shown: plain text, or HTML when
 * the plain one is a stub. All that is not shown is a part of its own, messages inside included;
 * the alternative that was not chosen is not. Alternatives aside, nothing is read twice.
 *
 * A reader of its own (mail_*.c) rather than GMime 3.2.13: that opens a converter of iconv(3) for
 * each charset that a message names, already while it parses, and so files, which the sandbox
 * forbids; it ends the process when memory runs out; and g_mime_multipart_get_boundary() never
 * returns on some headers.
 */
#include "extract/mail/mail.h"
#include "extract/mail/mail_charset.h"
#include "extract/mail/mail_date.h"
#include "extract/mail/mail_param.h"
#include "extract/mail/mail_sniff.h"

#include "base/utf8.h"

#include <string.h>

enum { MAX_REFERENCES = 16 * 1024 };

static const char pgp_mark[] = "-----BEGIN PGP MESSAGE-----";
static const char open_end[] = "the last boundary is missing";

/* Fields that go into the metadata as they are. */
static const struct {
    enum mail_field field;
    const char *key;
} meta_fields[] = {
    {MAIL_FROM, "creator"},
    {MAIL_FROM, "from"},
    {MAIL_TO, "to"},
    {MAIL_CC, "cc"},
    {MAIL_BCC, "bcc"},
    {MAIL_SENDER, "sender"},
    {MAIL_REPLY_TO, "reply_to"},
    {MAIL_MESSAGE_ID, "message_id"},
    {MAIL_IN_REPLY_TO, "in_reply_to"},
    {MAIL_LIST_ID, "list_id"},
    {MAIL_KEYWORDS, "keywords"},
    {MAIL_MAILER, "producer"},
    {MAIL_USER_AGENT, "producer"},
};

/* Fields that the text begins with. */
static const struct {
    enum mail_field field;
    const char *label;
} shown_fields[] = {
    {MAIL_SUBJECT, "Subject: "}, {MAIL_FROM, "From: "}, {MAIL_TO, "To: "},
    {MAIL_CC, "Cc: "},           {MAIL_DATE, "Date: "},
};

/* Decodes a field into `to`, which is cleared first. */
static int decode_field(struct mail *m, enum mail_field field, struct buf *to)
{
    const struct mail_span *value = &m->fields.of[field];

    buf_clear(to);
    return value->at ? mail_words_decode(m->x, m->charset, value->at, value->n, to) : 0;
}

/* The identifiers of messages that this one answers. */
static void write_references(struct mail *m)
{
    const struct mail_span *value = &m->fields.of[MAIL_REFERENCES];
    size_t n = MIN(value->n, (size_t)MAX_REFERENCES), start;

    if (!value->at || !result_meta_list_open(m->d, "references"))
        return;
    for (size_t i = 0; i < n; i++) {
        for (start = i; i < n && !is_space(value->at[i]); i++)
            ;
        if (i > start)
            result_meta_list_add(m->d, value->at + start,
                                 utf8_valid_prefix(value->at + start, i - start));
    }
    result_meta_list_close(m->d);
}

static void write_language(struct mail *m)
{
    const struct mail_span *value = &m->fields.of[MAIL_LANGUAGE];
    const char *comma = value->at ? memchr(value->at, ',', value->n) : NULL;

    if (value->at)
        result_language(m->d, value->at, comma ? (size_t)(comma - value->at) : value->n);
}

static int write_metadata(struct mail *m)
{
    struct buf value = BUF_INIT;
    struct date date;
    int r = decode_field(m, MAIL_SUBJECT, &value);

    if (r == 0)
        result_title(m->d, buf_text(&value), value.size);
    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(meta_fields); i++) {
        r = decode_field(m, meta_fields[i].field, &value);
        if (r == 0)
            result_meta_str(m->d, meta_fields[i].key, buf_text(&value), value.size);
    }
    if (r == 0)
        r = decode_field(m, MAIL_DATE, &value);
    if (r == 0 && mail_date_parse(buf_text(&value), value.size, &date))
        result_meta_date(m->d, "created", &date, buf_text(&value), value.size);
    else if (r == 0)
        result_meta_str(m->d, "created", buf_text(&value), value.size);
    buf_done(&value);
    write_references(m);
    write_language(m);
    return r;
}

static int show_fields(struct mail *m)
{
    struct buf value = BUF_INIT;
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(shown_fields); i++) {
        r = decode_field(m, shown_fields[i].field, &value);
        if (r != 0 || value.size == 0)
            continue;
        result_text(m->d, shown_fields[i].label, strlen(shown_fields[i].label));
        result_text(m->d, buf_text(&value), value.size);
        result_text(m->d, "\n", 1);
    }
    buf_done(&value);
    return r;
}

/* Names of the parts, and what is wrong with the message. */
static void write_parts(struct mail *m)
{
    const char *name = buf_text(&m->names), *end = name + m->names.size;

    if (m->tree.is_sealed || memmem(buf_text(&m->text), m->text.size, pgp_mark, strlen(pgp_mark)))
        result_meta_str(m->d, "encrypted", "true", 4);
    if (m->tree.is_open && !m->d->cut_off)
        result_meta_str(m->d, "damaged", open_end, strlen(open_end));
    if (m->tree.is_cut)
        m->d->out->truncated = true;
    if (name == end || !result_meta_list_open(m->d, "attachments"))
        return;
    for (; name < end; name += strlen(name) + 1)
        result_meta_list_add(m->d, name, strlen(name));
    result_meta_list_close(m->d);
}

static int read_message(struct mail *m, const char *bytes, size_t size)
{
    int r = mail_tree_read(&m->tree, bytes, size, m->d->limits->max_depth);

    if (r < 0)
        return r;
    (void)mail_fields_read(bytes, size, &m->fields);
    mail_param_token(&m->fields.of[MAIL_TYPE], "charset", m->charset, sizeof(m->charset));
    r = write_metadata(m);
    if (r == 0)
        r = show_fields(m);
    if (r == 0)
        r = mail_show(m);
    if (r == 0 && m->text.size > 0) {
        result_text(m->d, "\n", m->d->out->body.size > 0 ? 1 : 0);
        result_text(m->d, buf_text(&m->text), m->text.size);
        result_text(m->d, "\n", 1);
    }
    if (r == 0)
        r = mail_attach(m);
    if (r == 0)
        write_parts(m);
    return r;
}

int extract_mail(struct extractor *x, struct document *d)
{
    struct mail m = {.x = x, .d = d};
    const char *bytes = d->bytes;
    size_t size = d->n_bytes;
    bool named = mail_is_named(d->name);
    int r;

    if (!mail_is_message(bytes, size, named)) { /* then it is in UTF-16, or behind a mark */
        bytes = d->text;
        size = d->size;
    }
    if (!bytes || !mail_is_message(bytes, size, named))
        return EXTRACT_REFUSED;
    r = read_message(&m, bytes, size);
    mail_tree_done(&m.tree);
    buf_done(&m.text);
    buf_done(&m.names);
    return r;
}
