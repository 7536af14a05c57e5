/* settings_dotenv.c - the syntax of `.env`, as docker compose reads it.
 *
 *     # a comment
 *     export KEY=value            # a comment needs a blank before its #
 *     KEY='taken literally'
 *     KEY="with \n \r \t \" \\ \$ escapes"
 *
 * Quoted values may span lines. CRLF counts as LF, and a byte order mark at the start is skipped.
 * Nothing is expanded: a ${ outside single quotes is marked, and whoever uses that value must
 * refuse it. The reader goes on behind an error, at the next line, so that one run tells all of
 * them.
 */
#include "base/settings_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const char *path;
    const char *at; /* the text ends with a NUL, and holds no other */
    unsigned line;
    struct dotenv found;
    struct reason *why;
    bool wrong;
};

/* Returns 1, to be forwarded as "this line is wrong". */
static int refuse(struct parser *p, unsigned line, const char *problem)
{
    reason_add(p->why, "%s:%u: %s", p->path, line, problem);
    p->wrong = true;
    return 1;
}

static void skip_blanks(struct parser *p)
{
    p->at += strspn(p->at, " \t");
}

static void skip_line(struct parser *p)
{
    p->at += strcspn(p->at, "\n");
    if (*p->at == '\n') {
        p->at++;
        p->line++;
    }
}

static size_t key_length(const char *text)
{
    size_t n = 0;

    if (!isalpha((unsigned char)text[0]) && text[0] != '_')
        return 0;
    while (isalnum((unsigned char)text[n]) || (text[n] && strchr("_.-", text[n])))
        n++;
    return n;
}

/* KEY and the `=`, after an `export` that is ignored. */
static int read_key(struct parser *p, struct buf *key)
{
    size_t n;

    if (strncmp(p->at, "export", 6) == 0 && (p->at[6] == ' ' || p->at[6] == '\t')) {
        p->at += 6;
        skip_blanks(p);
    }
    n = key_length(p->at);
    if (n == 0)
        return refuse(p, p->line, "expected KEY=VALUE");
    buf_add(key, p->at, n);
    p->at += n;
    skip_blanks(p);
    if (*p->at != '=')
        return refuse(p, p->line, "expected = after the name");
    p->at++;
    skip_blanks(p);
    return 0;
}

/* A value without quotes ends at the line's end, or at a # that follows a blank. */
static void read_bare(struct parser *p, struct dotenv_entry *e, struct buf *value)
{
    size_t n = strcspn(p->at, "\n"), end = 0;

    for (size_t i = 0; i < n; i++) {
        char before = i == 0 ? p->at[-1] : p->at[i - 1];

        if (p->at[i] == '#' && isblank((unsigned char)before))
            break;
        if (!isspace((unsigned char)p->at[i]))
            end = i + 1;
    }
    buf_add(value, p->at, end);
    e->wants_expansion = memmem(p->at, end, "${", 2) != NULL;
    p->at += n;
}

/* One character inside double quotes; an escape that is not known stands for itself. */
static void read_escaped(struct parser *p, struct buf *value)
{
    static const char letters[] = "nrt\"\\$", meanings[] = "\n\r\t\"\\$";
    const char *found = p->at[0] == '\\' && p->at[1] ? strchr(letters, p->at[1]) : NULL;

    if (found) {
        buf_add_char(value, meanings[found - letters]);
        p->at += 2;
    } else {
        p->line += *p->at == '\n';
        buf_add_char(value, *p->at++);
    }
}

static void read_literal(struct parser *p, struct buf *value)
{
    p->line += *p->at == '\n';
    buf_add_char(value, *p->at++);
}

static int read_quoted(struct parser *p, struct dotenv_entry *e, struct buf *value)
{
    char quote = *p->at++;

    while (*p->at && *p->at != quote) {
        if (quote == '\'') {
            read_literal(p, value);
            continue;
        }
        if (p->at[0] == '$' && p->at[1] == '{')
            e->wants_expansion = true;
        read_escaped(p, value);
    }
    if (!*p->at)
        return refuse(p, e->line, "the quote is not closed");
    p->at++;
    if (*p->at && !isspace((unsigned char)*p->at))
        return refuse(p, p->line, "text after the closing quote");
    skip_blanks(p);
    if (*p->at && *p->at != '\n' && *p->at != '#')
        return refuse(p, p->line, "text after the closing quote");
    return 0;
}

static int append(struct dotenv *d, struct dotenv_entry *e, struct buf *key, struct buf *value)
{
    struct dotenv_entry *grown = reallocarray(d->entries, d->n + 1, sizeof(*grown));

    if (!grown)
        return -ENOMEM;
    d->entries = grown;
    buf_add(value, "", 0); /* so that an empty value is text as well */
    if (buf_error(key) < 0 || buf_error(value) < 0)
        return -ENOMEM;
    e->key = buf_take(key);
    e->value = buf_take(value);
    d->entries[d->n++] = *e;
    return 0;
}

/* A line that is neither blank nor a comment. */
static int read_entry(struct parser *p)
{
    CLEANUP(buf_done) struct buf key = BUF_INIT, value = BUF_INIT;
    struct dotenv_entry e = {.line = p->line};
    int r = read_key(p, &key);

    if (r != 0)
        return r;
    if (*p->at == '\'' || *p->at == '"')
        r = read_quoted(p, &e, &value);
    else
        read_bare(p, &e, &value);
    return r != 0 ? r : append(&p->found, &e, &key, &value);
}

static int read_all(struct parser *p)
{
    while (*p->at) {
        skip_blanks(p);
        if (*p->at && *p->at != '#' && *p->at != '\n' && read_entry(p) < 0)
            return -ENOMEM;
        skip_line(p);
    }
    return 0;
}

/* A copy with LF line ends and no byte order mark. */
static void normalise(const char *text, size_t size, struct buf *out)
{
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    for (size_t i = 0; i < size; i++)
        if (text[i] != '\r' || i + 1 == size || text[i + 1] != '\n')
            buf_add_char(out, text[i]);
}

int dotenv_parse(const char *path, const char *text, size_t size, struct dotenv *ret,
                 struct reason *why)
{
    CLEANUP(buf_done) struct buf clean = BUF_INIT;
    struct parser p = {.path = path, .line = 1, .why = why};
    int r;

    if (memchr(text, '\0', size)) {
        reason_add(why, "%s: holds a NUL byte", path);
        return 1;
    }
    normalise(text, size, &clean);
    if (buf_error(&clean) < 0)
        return -ENOMEM;
    p.at = buf_text(&clean);
    r = read_all(&p);
    if (r == 0 && !p.wrong) {
        *ret = p.found;
        return 0;
    }
    dotenv_done(&p.found);
    return r < 0 ? r : 1;
}

void dotenv_done(struct dotenv *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->entries[i].key);
        free(d->entries[i].value);
    }
    free(d->entries);
    *d = (struct dotenv){0};
}
