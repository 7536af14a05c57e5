/* reading.c - keeps what a worker says of a document: the messages end with the next one. */
#include "cli/reading.h"

#include <stdlib.h>
#include <string.h>

/* The texts that all documents have, in the order in which they are kept. */
struct texts {
    struct bytes media_type, title, language, metadata, body, path, external_id;
};

static const char *next_text(const char **at, struct bytes b)
{
    const char *text = *at;

    *at += b.n + 1;
    return text;
}

static int keep(struct reading *d, const struct texts *t, struct bytes sha256)
{
    const struct bytes all[] = {t->media_type, t->title, t->language,   t->metadata,
                                t->body,       t->path,  t->external_id};
    struct buf hex = BUF_INIT;
    const char *at;

    if (sha256.n != 32)
        return -EPROTO;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        buf_add(&d->texts, all[i].at, all[i].n);
        buf_add_char(&d->texts, '\0');
    }
    buf_add_hex(&hex, sha256.at, sha256.n);
    if (buf_error(&d->texts) < 0 || buf_error(&hex) < 0) {
        buf_done(&hex);
        return -ENOMEM;
    }
    memcpy(d->sha256, buf_text(&hex), sizeof(d->sha256));
    buf_done(&hex);
    at = d->texts.data;
    d->media_type = next_text(&at, t->media_type);
    d->title = next_text(&at, t->title);
    d->language = next_text(&at, t->language);
    d->metadata = next_text(&at, t->metadata);
    d->body = next_text(&at, t->body);
    d->path = next_text(&at, t->path);
    d->external_id = next_text(&at, t->external_id);
    d->body_bytes = t->body.n;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    const struct reading *x = *(struct reading *const *)a, *y = *(struct reading *const *)b;

    return x->number < y->number ? -1 : x->number > y->number;
}

int reading_take_result(struct reading *d, const struct message_result *m)
{
    const struct texts t = {m->media_type, m->title, m->language,   m->metadata,
                            m->body,       {"", 0},  m->external_id};

    if (m->parts != d->n_parts && !d->is_split)
        return -EPROTO;
    d->supported = m->supported;
    d->has_sidecar = m->has_sidecar;
    d->byte_size = m->byte_size;
    d->extract_usec = m->extract_usec;
    if (d->n_parts > 0)
        qsort(d->parts, d->n_parts, sizeof(struct reading *), by_number);
    return keep(d, &t, m->sha256);
}

static int add_part(struct reading *d, struct reading *part)
{
    struct reading **parts;

    parts = realloc(d->parts, (d->n_parts + 1) * sizeof(struct reading *));
    if (!parts)
        return -ENOMEM;
    d->parts = parts;
    d->parts[d->n_parts++] = part;
    return 0;
}

int reading_take_part(struct reading *d, const struct message_part *m)
{
    const struct texts t = {m->media_type, m->title, m->language, m->metadata,
                            m->body,       m->path,  {"", 0}};
    struct reading *part = calloc(1, sizeof(*part));
    int r;

    if (!part)
        return -ENOMEM;
    part->number = m->number;
    part->parent = m->parent;
    part->supported = m->supported;
    part->byte_size = m->byte_size;
    r = keep(part, &t, m->sha256);
    if (r == 0)
        r = add_part(d, part);
    if (r < 0) {
        reading_clear(part);
        free(part);
    }
    return r;
}

void reading_clear(struct reading *d)
{
    for (size_t i = 0; i < d->n_parts; i++) {
        reading_clear(d->parts[i]);
        free(d->parts[i]);
    }
    free(d->parts);
    buf_done(&d->texts);
    *d = (struct reading){0};
}
