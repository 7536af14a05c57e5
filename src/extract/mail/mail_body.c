/* mail_body.c - the text of one part of a message: its transfer encoding undone, its charset
 * converted, and what is only there for the way (format=flowed, markup) taken off.
 *
 * HTML is read by the tree's own reader, as a document of its own whose body is taken and whose
 * title and metadata are not. A plain text that is a page of HTML, which some programs send, is
 * read as one. Everything is bounded by the size of the part.
 */
#include "extract/mail/mail_body.h"

#include "extract/markup/html.h"
#include "extract/mail/mail_charset.h"
#include "extract/mail/mail_flow.h"
#include "extract/mail/mail_param.h"
#include "extract/markup/markup.h"

#include "base/utf8.h"

#include <string.h>

void mail_body_bytes(const struct mail_entity *e, struct buf *to)
{
    mail_transfer_decode(e->transfer, e->body.at, e->body.n, to);
}

/* The body in UTF-8. */
static int decode(struct extractor *x, const struct mail_entity *e, const char *charset,
                  struct buf *to)
{
    struct buf bytes = BUF_INIT;
    int r;

    if (e->transfer == MAIL_IDENTITY)
        return mail_charset_decode(x, charset, e->body.at, e->body.n, to);
    mail_body_bytes(e, &bytes);
    r = buf_error(&bytes);
    if (r == 0)
        r = mail_charset_decode(x, charset, buf_text(&bytes), bytes.size, to);
    buf_done(&bytes);
    return r;
}

/* A page's text by the HTML reader, which writes into an extraction of its own. */
static int add_page(struct extractor *x, struct document *d, const struct buf *page, struct buf *to)
{
    struct extraction out = {0};
    struct document inner = *d;
    int r, end;

    inner.out = &out;
    inner.cut_off = false;
    result_begin(&inner);
    r = html_append_text(x, &inner, buf_text(page), page->size);
    end = result_end(&inner);
    if (r == EXTRACT_REFUSED || out.truncated) /* what it has so far is all there is */
        d->out->truncated = true;
    buf_add(to, buf_text(&out.body), utf8_valid_prefix(buf_text(&out.body), out.body.size));
    extraction_done(&out);
    return r < 0 ? r : end;
}

static int add_text(struct extractor *x, struct document *d, const struct mail_entity *e,
                    const struct mail_fields *fields, const struct buf *text, struct buf *to)
{
    char format[16], delsp[8];

    if (e->kind == MAIL_HTML ||
        (e->kind == MAIL_PLAIN && markup_starts_html(buf_text(text), text->size)))
        return add_page(x, d, text, to);
    mail_param_token(&fields->of[MAIL_TYPE], "format", format, sizeof(format));
    mail_param_token(&fields->of[MAIL_TYPE], "delsp", delsp, sizeof(delsp));
    if (e->kind == MAIL_ENRICHED)
        mail_enriched_text(buf_text(text), text->size, to);
    else if (e->kind == MAIL_PLAIN && starts_with(format, strlen(format), "flowed"))
        mail_flowed_text(buf_text(text), text->size, starts_with(delsp, strlen(delsp), "yes"), to);
    else
        mail_plain_text(buf_text(text), text->size, to);
    return buf_error(to);
}

/* Cuts the text behind `from` free of white space at its ends; of spaces before its first word only
 * whole lines. */
static void trim_lines(struct buf *text, size_t from)
{
    size_t begin = from;

    for (size_t i = from; i < text->size && is_space(text->data[i]); i++) {
        if (text->data[i] == '\n')
            begin = i + 1;
    }
    while (text->size > begin && is_space(text->data[text->size - 1]))
        buf_truncate(text, text->size - 1);
    if (begin > from) {
        memmove(text->data + from, text->data + begin, text->size - begin);
        buf_truncate(text, text->size - (begin - from));
    }
}

int mail_body_text(struct extractor *x, struct document *d, const struct mail_entity *e,
                   const char *charset, struct buf *to)
{
    struct buf text = BUF_INIT;
    struct mail_fields fields;
    char own[64];
    size_t from = to->size;
    int r;

    (void)mail_fields_read(e->header.at, e->header.n, &fields);
    mail_param_token(&fields.of[MAIL_TYPE], "charset", own, sizeof(own));
    r = decode(x, e, own[0] || e->kind == MAIL_HTML ? own : charset, &text);
    if (r == 0)
        r = add_text(x, d, e, &fields, &text, to);
    if (r == 0)
        trim_lines(to, from);
    buf_done(&text);
    return r;
}

int mail_body_file(struct extractor *x, const struct mail_entity *e, struct buf *to)
{
    struct mail_fields fields;
    struct buf bytes = BUF_INIT;
    char charset[64] = "";
    int r;

    (void)mail_fields_read(e->header.at, e->header.n, &fields);
    if (strncmp(e->type, "text/", 5) == 0)
        mail_param_token(&fields.of[MAIL_TYPE], "charset", charset, sizeof(charset));
    mail_body_bytes(e, &bytes);
    r = buf_error(&bytes);
    if (r == 0 && charset[0] && utf8_valid_prefix(buf_text(&bytes), bytes.size) != bytes.size)
        r = mail_charset_decode(x, charset, buf_text(&bytes), bytes.size, to);
    else if (r == 0)
        buf_add(to, buf_text(&bytes), bytes.size);
    buf_done(&bytes);
    return r != 0 ? r : buf_error(to);
}
