/* bytes.h - words as numbers: most have no more than eight bytes, for which memcpy() is a long
 * way. */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The first eight bytes, little-endian; of a shorter word all, and zeroes. */
static inline uint64_t bytes_load(const char *at, size_t size)
{
    const unsigned char *u = (const unsigned char *)at;
    uint64_t eight;
    uint32_t first, last; /* they may overlap, and so may the three bytes below */

    if (size >= sizeof(eight)) {
        memcpy(&eight, at, sizeof(eight));
        return le64toh(eight);
    }
    if (size >= sizeof(first)) {
        memcpy(&first, at, sizeof(first));
        memcpy(&last, at + size - sizeof(last), sizeof(last));
        return le32toh(first) | (uint64_t)le32toh(last) << 8 * (size - sizeof(last));
    }
    if (size == 0)
        return 0;
    return u[0] | (uint64_t)u[size / 2] << 8 * (size / 2) | (uint64_t)u[size - 1] << 8 * (size - 1);
}

/* The same as a number that sorts as these bytes do. */
static inline uint64_t bytes_prefix(const char *at, size_t size)
{
    return __builtin_bswap64(bytes_load(at, size));
}
