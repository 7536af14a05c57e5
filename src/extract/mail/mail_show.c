/* mail_show.c - what a message shows, and what is attached to it.
 *
 * Shown are its texts, one after the other. Of alternatives one is: the plain text, or the HTML when
 * the plain one is empty or a stub ("your program cannot show this"). Then all that was neither
 * shown nor left out for another version is handed on, decoded, in the order of the message. Each
 * part is decoded once, or twice when it is a text of a related or alternative multipart. Recursion
 * is bounded by the depth of the tree.
 */
#include "extract/mail/mail.h"
#include "extract/mail/mail_body.h"
#include "extract/part.h"

#include <string.h>

/* An alternative that has less than 1/STUB_SHARE of the letters of the other one is a stub. */
#define STUB_SHARE 2

static int show_entity(struct mail *m, unsigned i, struct buf *to);

/* Whether the entity is a text for the reader of the message. One with a file's name is a file,
 * unless nothing was shown before it; what came from an address of its own is part of a page. */
static int is_shown(struct mail *m, const struct mail_entity *e, const struct buf *so_far,
                    bool *ret)
{
    bool is_first = so_far->size == 0 && m->text.size == 0;
    struct mail_fields fields;
    struct buf name = BUF_INIT;
    int r;

    *ret = false;
    if (e->kind > MAIL_TEXT)
        return 0;
    (void)mail_fields_read(e->header.at, e->header.n, &fields);
    r = mail_declared_name(m, e, &name);
    if (e->is_attached)
        *ret = m->tree.n == 1 && name.size == 0;
    else if (!is_first || e->kind == MAIL_TEXT)
        *ret = name.size == 0 && (e->kind != MAIL_HTML || !fields.of[MAIL_LOCATION].at);
    else
        *ret = true;
    buf_done(&name);
    return r;
}

static int show_leaf(struct mail *m, struct mail_entity *e, struct buf *to)
{
    size_t before = to->size, begin;
    bool shown;
    int r = is_shown(m, e, to, &shown);

    if (r != 0 || !shown)
        return r;
    e->is_marked = true;
    if (to->size > m->d->limits->max_text_bytes)
        return 0;
    if (before > 0)
        buf_add_str(to, "\n\n");
    begin = to->size;
    r = mail_body_text(m->x, m->d, e, m->charset, to);
    if (to->size == begin)
        buf_truncate(to, before);
    return r;
}

/* The first text inside the entity, itself included, or NULL. */
static const struct mail_entity *first_text(const struct mail *m, unsigned i)
{
    for (unsigned end = m->tree.entities[i].end; i < end; i++) {
        if (m->tree.entities[i].kind <= MAIL_TEXT && !m->tree.entities[i].is_attached)
            return &m->tree.entities[i];
    }
    return NULL;
}

/* Letters and digits of the words that are no addresses. */
static size_t count_letters(const struct buf *text)
{
    const char *at = buf_text(text);
    size_t count = 0, start, in_word;
    bool is_address;

    for (size_t i = 0; i < text->size;) {
        is_address = false;
        in_word = 0;
        for (start = i; i < text->size && !is_space(at[i]); i++) {
            in_word += is_alnum(at[i]) || (unsigned char)at[i] >= 0x80;
            is_address = is_address || (at[i] == '/' && i > start && at[i - 1] == '/');
        }
        count += is_address ? 0 : in_word;
        i++;
    }
    return count;
}

/* Appends the better one of the two texts. */
static void choose(const struct buf *plain, const struct buf *html, struct buf *to)
{
    bool is_stub = count_letters(plain) * STUB_SHARE < count_letters(html);
    const struct buf *better = is_stub ? html : plain;

    if (better->size > 0 && to->size > 0)
        buf_add_str(to, "\n\n");
    buf_add(to, buf_text(better), better->size);
}

/* Texts inside the entity are not shown, and nothing else either. */
static void mark_texts(struct mail *m, unsigned i)
{
    for (unsigned end = m->tree.entities[i].end; i < end; i++) {
        if (m->tree.entities[i].kind <= MAIL_TEXT && !m->tree.entities[i].is_attached)
            m->tree.entities[i].is_marked = true;
    }
}

/* Shows the first alternative in plain text, or the last one in HTML. */
static int show_alternative(struct mail *m, unsigned i, struct buf *to)
{
    struct buf plain_text = BUF_INIT, html_text = BUF_INIT;
    const struct mail_entity *text;
    unsigned plain = 0, html = 0, end = m->tree.entities[i].end;
    int r = 0;

    for (unsigned c = i + 1; c < end; c = m->tree.entities[c].end) {
        text = first_text(m, c);
        if (text && text->kind == MAIL_HTML)
            html = c;
        else if (text && plain == 0)
            plain = c;
    }
    if (plain > 0)
        r = show_entity(m, plain, &plain_text);
    if (r == 0 && html > 0)
        r = show_entity(m, html, &html_text);
    choose(&plain_text, &html_text, to);
    mark_texts(m, i);
    r = r != 0 ? r : buf_error(&plain_text);
    r = r != 0 ? r : buf_error(&html_text);
    buf_done(&plain_text);
    buf_done(&html_text);
    return r;
}

static int show_entity(struct mail *m, unsigned i, struct buf *to)
{
    struct mail_entity *e = &m->tree.entities[i];
    int r = 0;

    if (e->kind < MAIL_MULTIPART)
        return show_leaf(m, e, to);
    if (e->kind == MAIL_ALTERNATIVE)
        return show_alternative(m, i, to);
    for (unsigned c = i + 1; r == 0 && c < e->end; c = m->tree.entities[c].end)
        r = show_entity(m, c, to);
    return r;
}

int mail_show(struct mail *m)
{
    int r = show_entity(m, 0, &m->text);

    return r != 0 ? r : buf_error(&m->text);
}

/* Whether parts are read in this file at all; else they are named only. */
static bool reads_parts(const struct mail *m)
{
    const struct extract_limits *limits = m->d->limits;

    return !m->no_more_parts && m->d->parts->take && limits->max_parts > 0 &&
           limits->max_part_depth > 0 && limits->max_unpacked_bytes > 0;
}

static int read_part(struct mail *m, const struct mail_entity *e, const struct buf *name)
{
    struct buf bytes = BUF_INIT;
    bool is_last = e == &m->tree.entities[m->tree.n - 1];
    int r;

    if (e->transfer == MAIL_IDENTITY && strncmp(e->type, "text/", 5) != 0) {
        r = part_read(m->x, m->d, buf_text(name), name->size, e->body.at, e->body.n,
                      is_last && m->d->cut_off);
    } else {
        r = mail_body_file(m->x, e, &bytes);
        if (r == 0)
            r = part_read(m->x, m->d, buf_text(name), name->size, buf_text(&bytes), bytes.size,
                          is_last && m->d->cut_off);
        buf_done(&bytes);
    }
    m->no_more_parts = r == PART_STOP;
    return r == PART_STOP ? 0 : r;
}

/* Lists an entity as an attachment, and reads it as a document. */
static int attach(struct mail *m, const struct mail_entity *e)
{
    struct buf name = BUF_INIT;
    int r;

    m->n_parts++;
    r = mail_part_name(m, e, &name);
    if (r == 0 && m->names.size < MAX_METADATA_BYTES) {
        buf_add(&m->names, buf_text(&name), name.size);
        buf_add_char(&m->names, '\0');
    }
    if (r == 0 && reads_parts(m))
        r = read_part(m, e, &name);
    buf_done(&name);
    return r;
}

int mail_attach(struct mail *m)
{
    int r = 0;

    for (unsigned i = 0; r == 0 && i < m->tree.n; i++) {
        if (m->tree.entities[i].kind < MAIL_MULTIPART && !m->tree.entities[i].is_marked)
            r = attach(m, &m->tree.entities[i]);
    }
    return r;
}
