/* target_libpq.h - the inside of a target, for connect.c. */
#pragma once

#include "store/target.h"

#define TARGET_MAX_OPTIONS 24

struct target {
    const char *keywords[TARGET_MAX_OPTIONS + 1]; /* NULL-terminated; static */
    char *values[TARGET_MAX_OPTIONS + 1];         /* owned, overwritten at the end */
    size_t n;
    bool expand_dbname; /* dbname is the whole DATABASE_URL */
    char text[256];
};
