/* fuzz.h - what the fuzz targets share. A target is one function of bytes that ends the process
 * when a promise is broken; replay.c or libFuzzer calls it. */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The target. Returns 0 (libFuzzer's convention). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Says which promise was broken, and ends the process. */
#define REQUIRE(condition)                                                                \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            (void)fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                      \
        }                                                                                 \
    } while (0)

/* Memory that is there, of exactly this size, so that a sanitizer sees a read behind it. */
static inline void *fuzz_copy(const void *bytes, size_t size)
{
    void *copy = malloc(size > 0 ? size : 1);

    REQUIRE(copy);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

/* The input as decisions: one byte at a time, zeroes behind its end. */
struct choices {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t next_choice(struct choices *c)
{
    if (c->left == 0)
        return 0;
    c->left--;
    return *c->at++;
}
