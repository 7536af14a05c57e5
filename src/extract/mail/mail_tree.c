/* mail_tree.c - finds the parts of a message.
 *
 * One pass over the lines: one that begins with "--" and is the boundary of an open multipart, the
 * innermost first, ends what is open inside it. So a multipart whose last boundary is missing ends
 * with the one around it, and depth needs no recursion. Nothing is copied or decoded. Multiparts
 * that are nested deeper than the bound are taken for files, and parts beyond a number are left
 * out, both flagged: each line is compared with a bounded number of boundaries, and the array stays
 * small. A message that declares a boundary it does not use is read by the one that it seems to use.
 */
#include "extract/mail/mail_tree.h"

#include "extract/mail/mail_param.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ENTITIES = 20000, MAX_DEPTH = 100, MAX_BOUNDARY = 256 };

/* A multipart that is open. */
struct level {
    unsigned entity;
    size_t n; /* of the boundary */
    char boundary[MAX_BOUNDARY];
};

struct reader {
    struct mail_tree *t;
    const char *bytes;
    size_t size;
    unsigned max_depth;
    bool has_leaf; /* the last entity's body is open */
    unsigned n_levels;
    struct level levels[MAX_DEPTH];
};

static const struct {
    const char *prefix; /* of the type; the first row that fits counts */
    enum mail_kind kind;
} kinds[] = {
    {"text/plain", MAIL_PLAIN},
    {"text/html", MAIL_HTML},
    {"text/x-amp-html",
     MAIL_HTML}, /* and the next: other versions of the page for other programs */
    {"text/watch-html", MAIL_HTML},
    {"text/enriched", MAIL_ENRICHED},
    {"text/richtext", MAIL_ENRICHED},
    {"text/calendar", MAIL_FILE},
    {"text/vcard", MAIL_FILE},
    {"text/x-vcard", MAIL_FILE},
    {"text/directory", MAIL_FILE},
    {"text/csv", MAIL_FILE},
    {"text/xml", MAIL_FILE},
    {"text/rtf", MAIL_FILE},
    {"text/css", MAIL_FILE},
    {"text/javascript", MAIL_FILE},
    {"text/rfc822-headers", MAIL_MESSAGE},
    {"text", MAIL_TEXT}, /* "text" alone is what some old programs write */
    {"message/rfc822", MAIL_MESSAGE},
    {"message/global", MAIL_MESSAGE},
    {"message/news", MAIL_MESSAGE},
    {"multipart/alternative", MAIL_ALTERNATIVE},
    {"multipart/related", MAIL_RELATED},
    {"multipart/", MAIL_MULTIPART},
};

static enum mail_kind kind_of(const char *type)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (strncmp(type, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return kinds[i].kind;
    }
    return MAIL_FILE;
}

static bool is_multipart(enum mail_kind kind)
{
    return kind >= MAIL_MULTIPART;
}

/* What a part without a type is: in a digest a message (RFC 2046, 5.1.5). */
static const char *default_type(const struct reader *r)
{
    const struct mail_entity *around;

    if (r->n_levels == 0)
        return "text/plain";
    around = &r->t->entities[r->levels[r->n_levels - 1].entity];
    return strcmp(around->type, "multipart/digest") == 0 ? "message/rfc822" : "text/plain";
}

static void describe(const struct reader *r, struct mail_entity *e,
                     const struct mail_fields *fields)
{
    const struct mail_span *encoding = &fields->of[MAIL_ENCODING];
    char disposition[16], smime[24];

    mail_param_main(&fields->of[MAIL_TYPE], e->type, sizeof(e->type));
    if (e->type[0] == '\0' || (!strchr(e->type, '/') && strcmp(e->type, "text") != 0))
        (void)snprintf(e->type, sizeof(e->type), "%s", default_type(r));
    e->kind = kind_of(e->type);
    if (encoding->at)
        e->transfer = mail_transfer_named(encoding->at, encoding->n);
    mail_param_main(&fields->of[MAIL_DISPOSITION], disposition, sizeof(disposition));
    e->is_attached = strcmp(disposition, "attachment") == 0;
    mail_param_token(&fields->of[MAIL_TYPE], "smime-type", smime, sizeof(smime));
    if (strcmp(e->type, "multipart/encrypted") == 0 || strcmp(smime, "enveloped-data") == 0)
        r->t->is_sealed = true;
}

static struct mail_entity *add_entity(struct reader *r)
{
    struct mail_tree *t = r->t;
    struct mail_entity *more;
    unsigned capacity = t->capacity > 0 ? t->capacity * 2 : 16;

    if (t->n == t->capacity) {
        more = realloc(t->entities, capacity * sizeof(*more));
        if (!more)
            return NULL;
        t->entities = more;
        t->capacity = capacity;
    }
    t->entities[t->n] = (struct mail_entity){.depth = r->n_levels, .end = t->n + 1};
    return &t->entities[t->n++];
}

/* The boundary that the body seems to have: the first line that begins with "--" and is followed by
 * a field of a part. */
static void guess_boundary(const struct mail_span *body, struct level *level)
{
    const char *line;
    size_t at = 0, n;

    while (at < body->n) {
        at = next_line(body->at, body->n, at, &line, &n);
        while (n > 0 && is_space(line[n - 1]))
            n--;
        if (n < 3 || memcmp(line, "--", 2) != 0 || n - 2 >= MAX_BOUNDARY ||
            !starts_with(body->at + at, body->n - at, "content-"))
            continue;
        level->n = n - 2;
        memcpy(level->boundary, line + 2, level->n);
        level->boundary[level->n] = '\0';
        return;
    }
}

static bool has_boundary(const struct mail_span *body, const struct level *level)
{
    const char *at = body->at, *end = body->at + body->n;

    for (; (at = memmem(at, (size_t)(end - at), "--", 2)); at++) {
        if ((at == body->at || at[-1] == '\n') && (size_t)(end - at - 2) >= level->n &&
            memcmp(at + 2, level->boundary, level->n) == 0)
            return true;
    }
    return false;
}

/* Opens the multipart that was just added. False: it has no parts that could be found. */
static bool open_level(struct reader *r, const struct mail_fields *fields)
{
    const struct mail_entity *e = &r->t->entities[r->t->n - 1];
    struct level *level = &r->levels[r->n_levels];

    if (r->n_levels >= MIN((unsigned)MAX_DEPTH, r->max_depth)) {
        r->t->is_cut = true;
        return false;
    }
    level->entity = r->t->n - 1;
    mail_param_token(&fields->of[MAIL_TYPE], "boundary", level->boundary, MAX_BOUNDARY);
    level->n = strlen(level->boundary);
    while (level->n > 0 && is_space(level->boundary[level->n - 1]))
        level->n--;
    /* only for the message itself: looking through all that follows takes its time */
    if (e->depth == 0 && (level->n == 0 || !has_boundary(&e->body, level)))
        guess_boundary(&e->body, level);
    r->n_levels += level->n > 0;
    return level->n > 0;
}

/* Reads the header at `at` and opens what it begins. Returns where its body begins, or `at` when no
 * more entities are read; -ENOMEM in `ret`. */
static size_t begin_entity(struct reader *r, size_t at, int *ret)
{
    struct mail_entity *e;
    struct mail_fields fields;
    size_t body;

    r->has_leaf = false;
    if (r->t->n == MAX_ENTITIES) {
        r->t->is_cut = true;
        return at;
    }
    e = add_entity(r);
    if (!e) {
        *ret = -ENOMEM;
        return at;
    }
    body = mail_fields_read(r->bytes + at, r->size - at, &fields);
    e->header = (struct mail_span){r->bytes + at, body};
    e->body = (struct mail_span){r->bytes + at + body, r->size - at - body};
    describe(r, e, &fields);
    if (is_multipart(e->kind) && open_level(r, &fields))
        return at + body;
    if (is_multipart(e->kind))
        e->kind = MAIL_FILE;
    r->has_leaf = true;
    return at + body;
}

/* Ends what is open inside of `n_levels` levels; `at`: the line of the boundary that does. */
static void end_entities(struct reader *r, unsigned n_levels, size_t at)
{
    struct mail_entity *e;

    if (at > 0 && r->bytes[at - 1] == '\n')
        at--;
    if (at > 0 && r->bytes[at - 1] == '\r')
        at--;
    if (r->has_leaf) {
        e = &r->t->entities[r->t->n - 1];
        e->body.n = r->bytes + at > e->body.at ? (size_t)(r->bytes + at - e->body.at) : 0;
    }
    r->has_leaf = false;
    while (r->n_levels > n_levels) {
        e = &r->t->entities[r->levels[--r->n_levels].entity];
        e->end = r->t->n;
        if (e + 1 == r->t->entities + r->t->n)
            e->kind = MAIL_PLAIN; /* divided by nothing */
        e->body.n = r->bytes + at > e->body.at ? (size_t)(r->bytes + at - e->body.at) : 0;
    }
}

/* Index + 1 of the level whose boundary the line is, 0: none. */
static unsigned find_level(const struct reader *r, const char *line, size_t n, bool *ret_is_last)
{
    const struct level *level;
    size_t rest;

    while (n > 0 && is_space(line[n - 1]))
        n--;
    for (unsigned i = r->n_levels; i > 0; i--) {
        level = &r->levels[i - 1];
        if (n < level->n + 2 || memcmp(line + 2, level->boundary, level->n) != 0)
            continue;
        rest = n - 2 - level->n;
        if (rest != 0 && (rest != 2 || memcmp(line + n - 2, "--", 2) != 0))
            continue;
        *ret_is_last = rest == 2;
        return i;
    }
    return 0;
}

/* Where the next line begins that may be a boundary. */
static size_t next_dashes(const struct reader *r, size_t at)
{
    const char *found;

    if (r->size - at >= 2 && memcmp(r->bytes + at, "--", 2) == 0)
        return at;
    found = memmem(r->bytes + at, r->size - at, "\n--", 3);
    return found ? (size_t)(found + 1 - r->bytes) : r->size;
}

static int read_parts(struct reader *r, size_t at)
{
    const char *line;
    size_t n, next;
    unsigned level;
    bool is_last = false;
    int error = 0;

    while (r->n_levels > 0 && error == 0 && (at = next_dashes(r, at)) < r->size) {
        next = next_line(r->bytes, r->size, at, &line, &n);
        level = find_level(r, line, n, &is_last);
        if (level > 0) {
            end_entities(r, is_last ? level - 1 : level, at);
            if (!is_last)
                next = begin_entity(r, next, &error);
        }
        at = next;
    }
    r->t->is_open = r->n_levels > 0;
    r->has_leaf = false; /* it ends with the message */
    end_entities(r, 0, r->size);
    return error;
}

int mail_tree_read(struct mail_tree *t, const char *bytes, size_t size, unsigned max_depth)
{
    struct reader *r = malloc(sizeof(*r));
    int error = 0;
    size_t body;

    *t = (struct mail_tree){0};
    if (!r)
        return -ENOMEM;
    *r = (struct reader){.t = t, .bytes = bytes, .size = size, .max_depth = max_depth};
    body = begin_entity(r, 0, &error);
    if (error == 0)
        error = read_parts(r, body);
    free(r);
    return error;
}

void mail_tree_done(struct mail_tree *t)
{
    free(t->entities);
    *t = (struct mail_tree){0};
}
