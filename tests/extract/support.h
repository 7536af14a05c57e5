/* support.h - what the tests of extraction share: one extractor a program, and checks that hold
 * always. */
#pragma once

#include "base/utf8.h"
#include "extract/extract.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct extractor *extractor;
static struct extraction out;

static int open_extractor(void **state)
{
    const struct extract_limits limits = {.max_text_bytes = 16u << 20, .max_depth = 256};
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

/* Reads bytes that are in memory of exactly their size, so that a sanitizer sees a read behind
 * them. */
static inline const struct extraction *read_head(const char *name, const void *bytes, size_t size,
                                                 bool cut_off)
{
    char *exact = allocate(size);
    struct extract_input in = {.name = name, .bytes = exact, .size = size, .cut_off = cut_off};

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
