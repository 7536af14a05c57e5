/* mail_param.c - parameters of header fields.
 *
 * As programs write them: without semicolons, without quotes around spaces, with backslashes that
 * belong to paths, with encoded words (which RFC 2047 forbids there), and in RFC 2231's pieces
 * (name*0*=utf-8''..., name*1=...), which may come in any order. A field is read up to a bound, with
 * a bounded number of pieces, so time is linear.
 */
#include "extract/mail/mail_param.h"

#include "extract/mail/mail_charset.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_FIELD_BYTES = 64 * 1024, MAX_PIECES = 100, MAX_CHARSET = 64 };

/* "name=value" or "name*index*=value". */
struct param {
    const char *name;
    size_t name_n; /* without what the asterisks say */
    int index;     /* -1: the value is whole */
    bool is_extended;
    bool is_quoted;
    struct mail_span value; /* without its quotes */
};

struct cursor {
    const char *at, *end;
};

/* strchr(3) finds a NUL byte in every set. */
static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* Passes over white space and what is in `set`. */
static void skip(struct cursor *c, const char *set)
{
    while (c->at < c->end && (is_space(*c->at) || is_one_of(*c->at, set)))
        c->at++;
}

/* Behind the main value. */
static struct cursor begin(const struct mail_span *field)
{
    const char *at = field->at ? field->at : "";
    struct cursor c = {at, at + MIN(field->n, (size_t)MAX_FIELD_BYTES)};

    skip(&c, "");
    while (c.at < c.end && *c.at != ';' && !is_space(*c.at))
        c.at++;
    return c;
}

static void read_name(struct cursor *c, struct param *p)
{
    const char *star;
    size_t n;

    p->name = c->at;
    while (c->at < c->end && !is_space(*c->at) && !is_one_of(*c->at, "=;\""))
        c->at++;
    n = (size_t)(c->at - p->name);
    star = memchr(p->name, '*', n);
    p->name_n = star ? (size_t)(star - p->name) : n;
    p->is_extended = n > 0 && p->name[n - 1] == '*';
    p->index = -1;
    if (star && star + 1 < c->at && star[1] >= '0' && star[1] <= '9') {
        p->index = 0;
        for (star++; star < c->at && *star >= '0' && *star <= '9' && p->index < 1000; star++)
            p->index = p->index * 10 + (*star - '0');
    }
}

static void read_value(struct cursor *c, struct param *p)
{
    p->is_quoted = c->at < c->end && *c->at == '"';
    c->at += p->is_quoted;
    p->value.at = c->at;
    if (p->is_quoted) {
        while (c->at < c->end && *c->at != '"')
            c->at += *c->at == '\\' && c->at + 1 < c->end && (c->at[1] == '"' || c->at[1] == '\\')
                         ? 2
                         : 1;
        p->value.n = (size_t)(c->at - p->value.at);
        c->at += c->at < c->end;
        return;
    }
    while (c->at < c->end && *c->at != ';')
        c->at++;
    p->value.n = (size_t)(c->at - p->value.at);
    while (p->value.n > 0 && is_space(p->value.at[p->value.n - 1]))
        p->value.n--;
}

/* The next parameter; false at the end. A name stops at white space and at one of ;"= only, all of
 * which were passed over before it, so each round gets on. */
static bool next_param(struct cursor *c, struct param *ret)
{
    while (c->at < c->end) {
        skip(c, ";\"=");
        if (c->at == c->end)
            break;
        *ret = (struct param){0};
        read_name(c, ret);
        skip(c, "");
        if (c->at == c->end || *c->at != '=')
            continue;
        c->at++;
        skip(c, "");
        read_value(c, ret);
        return true;
    }
    return false;
}

static bool is_called(const struct param *p, const char *name)
{
    return p->name_n == strlen(name) && strncasecmp(p->name, name, p->name_n) == 0;
}

/* Copies a value without line ends and without the backslashes that quote. */
static void add_unquoted(const struct mail_span *value, struct buf *to)
{
    const char *v = value->at;

    for (size_t i = 0; i < value->n; i++) {
        if (v[i] == '\\' && i + 1 < value->n && (v[i + 1] == '"' || v[i + 1] == '\\'))
            i++;
        if (v[i] != '\r' && v[i] != '\n')
            buf_add_char(to, v[i]);
    }
}

void mail_param_main(const struct mail_span *field, char *ret, size_t size)
{
    struct cursor c = begin(field);
    const char *at = field->at;
    size_t n = 0;

    while (at && at < c.at && is_space(*at))
        at++;
    for (; at && at < c.at && n + 1 < size; at++) {
        if (*at != '"')
            ret[n++] = to_lower(*at);
    }
    ret[n] = '\0';
}

void mail_param_token(const struct mail_span *field, const char *name, char *ret, size_t size)
{
    struct cursor c = begin(field);
    struct param p;
    size_t n = 0;

    ret[0] = '\0';
    while (next_param(&c, &p)) {
        if (!is_called(&p, name) || p.index > 0)
            continue;
        for (size_t i = 0; i < p.value.n && n + 1 < size; i++) {
            if (!p.is_quoted && is_space(p.value.at[i]))
                break; /* the next one, without a semicolon */
            if (p.value.at[i] != '\r' && p.value.at[i] != '\n' && p.value.at[i] != '\0')
                ret[n++] = p.value.at[i];
        }
        ret[n] = '\0';
        return;
    }
}

static int compare_pieces(const void *a, const void *b)
{
    return ((const struct param *)a)->index - ((const struct param *)b)->index;
}

static int hex(char c)
{
    c = to_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void add_percent_decoded(const char *text, size_t n, struct buf *to)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '%' && i + 2 < n && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
            buf_add_char(to, (char)(hex(text[i + 1]) * 16 + hex(text[i + 2])));
            i += 2;
        } else if (text[i] != '\r' && text[i] != '\n') {
            buf_add_char(to, text[i]);
        }
    }
}

/* Takes "charset'language'" off the first piece. */
static void take_charset(struct mail_span *value, char charset[MAX_CHARSET])
{
    const char *first = memchr(value->at, '\'', value->n), *second;
    size_t n = first ? (size_t)(first - value->at) : 0;

    second = first ? memchr(first + 1, '\'', value->n - n - 1) : NULL;
    if (!second)
        return;
    if (n < MAX_CHARSET) {
        memcpy(charset, value->at, n);
        charset[n] = '\0';
    }
    value->n -= (size_t)(second + 1 - value->at);
    value->at = second + 1;
}

/* Joins the pieces; their percent signs are decoded before the charset, which may cut a character
 * between two of them. */
static int join(struct extractor *x, const char *charset, struct param *pieces, size_t n,
                struct buf *to)
{
    struct buf raw = BUF_INIT;
    char own[MAX_CHARSET] = "";
    int r;

    qsort(pieces, n, sizeof(*pieces), compare_pieces);
    if (pieces[0].is_extended)
        take_charset(&pieces[0].value, own);
    for (size_t i = 0; i < n; i++) {
        if (pieces[i].is_extended)
            add_percent_decoded(pieces[i].value.at, pieces[i].value.n, &raw);
        else
            add_unquoted(&pieces[i].value, &raw);
    }
    r = buf_error(&raw);
    if (r == 0 && own[0])
        r = mail_charset_decode(x, own, buf_text(&raw), raw.size, to);
    else if (r == 0)
        r = mail_words_decode(x, charset, buf_text(&raw), raw.size, to);
    buf_done(&raw);
    return r;
}

int mail_param_text(struct extractor *x, const char *charset, const struct mail_span *field,
                    const char *name, struct buf *to)
{
    struct param pieces[MAX_PIECES], whole = {.name = NULL}, p;
    struct cursor c;
    size_t n = 0;

    if (!field->at)
        return 0;
    c = begin(field);
    while (next_param(&c, &p)) {
        if (!is_called(&p, name))
            continue;
        if (p.index < 0 && !p.is_extended && !whole.name)
            whole = p;
        else if ((p.index >= 0 || p.is_extended) && n < MAX_PIECES)
            pieces[n++] = p;
    }
    if (n > 0)
        return join(x, charset, pieces, n, to);
    return whole.name ? join(x, charset, &whole, 1, to) : 0;
}
