/* msgpack_scan.h - MessagePack, value by value, without building it; internal to format_msgpack.c. */
#pragma once

#include "base/err.h"

#include <stdint.h>

enum msgpack_kind {
    MSGPACK_NIL,
    MSGPACK_FALSE,
    MSGPACK_TRUE,
    MSGPACK_UINT,
    MSGPACK_INT, /* below 0 */
    MSGPACK_FLOAT,
    MSGPACK_STR,
    MSGPACK_BIN,
    MSGPACK_EXT,
    MSGPACK_ARRAY,
    MSGPACK_MAP,
};

struct msgpack_value {
    enum msgpack_kind kind;
    uint64_t number;   /* of UINT; of INT as two's complement */
    double real;       /* of FLOAT */
    bool is_single;    /* FLOAT of 32 bits */
    int type;          /* of EXT */
    const char *bytes; /* of STR, BIN, EXT */
    uint64_t n;        /* their size; values inside an ARRAY or MAP, where a pair counts as two */
};

struct msgpack_scan {
    const char *bytes;
    size_t size;
    size_t at;
};

/* Reads the value at `at`, of containers their head only. False: there is none, or not all of it, or
 * it says that it has more values than bytes are left; `at` stays. */
bool msgpack_scan_next(struct msgpack_scan *s, struct msgpack_value *ret);

/* Passes over `n` values with all that is in them. */
bool msgpack_scan_skip(struct msgpack_scan *s, uint64_t n);

/* The seconds since 1970 of a timestamp (extension type -1). False: it is none. */
bool msgpack_scan_timestamp(const struct msgpack_value *value, int64_t *ret_seconds);
