/* support.h - what the tests of extraction share: one extractor a program, and checks that hold
 * always. */
#pragma once

#include "base/utf8.h"
#include "extract/extract.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct extractor *extractor;
static struct extraction out;

/* What the last document handed out, in the order in which it came; until the next one is read. */
struct seen_part {
    unsigned number, parent;
    char path[1100];
    char media_type[128];
    char title[1100];
    char *body;
    char *metadata;
    size_t size;
    bool supported, truncated;
};
static struct seen_part seen[20000];
static size_t n_seen;

static inline void forget_parts(void)
{
    while (n_seen > 0) {
        n_seen--;
        free(seen[n_seen].body);
        free(seen[n_seen].metadata);
    }
}

static inline int open_extractor(void **state)
{
    const struct extract_limits limits = {.max_text_bytes = 16u << 20,
                                          .max_depth = 256,
                                          .max_parts = 10000,
                                          .max_part_depth = 8,
                                          .max_unpacked_bytes = 256u << 20};
    struct reason why = {""};

    (void)state;
    if (extract_open(&limits, &extractor, &why) == 0)
        return 0;
    print_error("extract_open: %s\n", why.text);
    return -1;
}

static int close_extractor(void **state)
{
    (void)state;
    forget_parts();
    extraction_done(&out);
    extractor = extract_close(extractor);
    return 0;
}

/* What every extraction promises, whatever went in. */
static inline void assert_valid(const struct extraction *e)
{
    json_t *metadata =
        json_loadb(buf_text(&e->metadata), e->metadata.size, JSON_REJECT_DUPLICATES, NULL);

    assert_true(json_is_object(metadata));
    assert_int_equal(json_is_true(json_object_get(metadata, "truncated")), e->truncated);
    json_decref(metadata);
    assert_true(e->metadata.size <= 256 * 1024);
    assert_int_equal(utf8_valid_prefix(buf_text(&e->body), e->body.size), e->body.size);
    assert_int_equal(utf8_valid_prefix(buf_text(&e->title), e->title.size), e->title.size);
    assert_null(memchr(buf_text(&e->title), '\n', e->title.size));
    assert_true(e->title.size <= 1000);
    assert_non_null(strchr(e->media_type, '/'));
    if (!e->supported)
        assert_int_equal(e->body.size + e->title.size, 0);
}

/* Memory that is there. */
static inline char *allocate(size_t size)
{
    char *memory = malloc(size ? size : 1);

    if (!memory)
        abort();
    return memory;
}

static inline char *keep_buf(const struct buf *b)
{
    char *copy = allocate(b->size + 1);

    memcpy(copy, buf_text(b), b->size);
    copy[b->size] = '\0';
    return copy;
}

static inline int keep_part(void *user, const struct extract_part *part)
{
    struct seen_part *s = &seen[n_seen++];
    const struct extraction *e = part->extraction;

    (void)user;
    assert_true(n_seen < 20000);
    assert_valid(e);
    assert_true(part->path_size > 0 && part->path_size < sizeof(s->path));
    assert_int_equal(utf8_valid_prefix(part->path, part->path_size), part->path_size);
    assert_true(part->number > part->parent);
    *s = (struct seen_part){.number = part->number,
                            .parent = part->parent,
                            .size = part->size,
                            .supported = e->supported,
                            .truncated = e->truncated,
                            .body = keep_buf(&e->body),
                            .metadata = keep_buf(&e->metadata)};
    memcpy(s->path, part->path, part->path_size);
    (void)snprintf(s->media_type, sizeof(s->media_type), "%s", e->media_type);
    (void)snprintf(s->title, sizeof(s->title), "%s", buf_text(&e->title));
    return 0;
}

/* Reads bytes that are in memory of exactly their size, so that a sanitizer sees a read behind
 * them. */
static inline const struct extraction *read_head(const char *name, const void *bytes, size_t size,
                                                 bool cut_off)
{
    char *exact = allocate(size);
    struct extract_input in = {
        .name = name, .bytes = exact, .size = size, .cut_off = cut_off, .take_part = keep_part};

    forget_parts();
    if (size > 0)
        memcpy(exact, bytes, size);
    assert_int_equal(extract_document(extractor, &in, &out), 0);
    free(exact);
    assert_valid(&out);
    return &out;
}

static inline const struct extraction *read_bytes(const char *name, const void *bytes, size_t size)
{
    return read_head(name, bytes, size, false);
}

static inline const struct extraction *read_text(const char *name, const char *text)
{
    return read_bytes(name, text, strlen(text));
}

static inline const char *body(void)
{
    return buf_text(&out.body);
}

static inline const char *title(void)
{
    return buf_text(&out.title);
}

/* A member of the metadata as JSON source; "" when there is none. Valid until the next call. */
static inline const char *meta(const char *key)
{
    static char text[8192];
    json_t *metadata = json_loadb(buf_text(&out.metadata), out.metadata.size, 0, NULL);
    const json_t *value = json_object_get(metadata, key);
    size_t n =
        value ? json_dumpb(value, text, sizeof(text) - 1, JSON_ENCODE_ANY | JSON_COMPACT) : 0;

    text[n < sizeof(text) ? n : 0] = '\0';
    json_decref(metadata);
    return text;
}

/* `n` times `text`, to be freed by the caller. */
static inline char *repeat(const char *text, size_t n)
{
    size_t length = strlen(text);
    char *all = allocate(length * n + 1);

    for (size_t i = 0; i < n; i++)
        memcpy(all + i * length, text, length);
    all[length * n] = '\0';
    return all;
}
