/* rows.c - reading results in binary format. A value of another type than was asked for reads as 0,
 * false or no bytes; so does a row or column that is not there. */
#include "rows.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum {
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_JSONB = 3802,
    OID_TEXT_ARRAY = 1009,
    OID_TIMESTAMPTZ = 1184
};

/* Microseconds from 1970, where Unix counts from, to 2000, where PostgreSQL does. */
#define EPOCH_2000_USEC 946684800000000LL

struct rows {
    PGresult *result;
};

struct rows *rows_new(PGresult *result)
{
    struct rows *r = malloc(sizeof(*r));

    if (r)
        r->result = result;
    else
        PQclear(result);
    return r;
}

struct rows *rows_free(struct rows *r)
{
    if (r)
        PQclear(r->result);
    free(r);
    return NULL;
}

size_t rows_count(const struct rows *r)
{
    return (size_t)PQntuples(r->result);
}

static bool exists(const struct rows *r, size_t row, unsigned column)
{
    return row < rows_count(r) && column < (unsigned)PQnfields(r->result);
}

bool rows_is_null(const struct rows *r, size_t row, unsigned column)
{
    return !exists(r, row, column) || PQgetisnull(r->result, (int)row, (int)column);
}

/* The bytes on the wire; NULL when there are none. */
static const char *wire(const struct rows *r, size_t row, unsigned column, size_t *ret_size)
{
    if (rows_is_null(r, row, column))
        return NULL;
    *ret_size = (size_t)PQgetlength(r->result, (int)row, (int)column);
    return PQgetvalue(r->result, (int)row, (int)column);
}

int64_t rows_int(const struct rows *r, size_t row, unsigned column)
{
    size_t size;
    const char *at = wire(r, row, column, &size);
    uint64_t v8;
    uint32_t v4;
    uint16_t v2;

    if (!at)
        return 0;
    switch (size) {
    case 8:
        memcpy(&v8, at, 8);
        return (int64_t)be64toh(v8);
    case 4:
        memcpy(&v4, at, 4);
        return (int32_t)be32toh(v4);
    case 2:
        memcpy(&v2, at, 2);
        return (int16_t)be16toh(v2);
    default:
        return 0;
    }
}

bool rows_bool(const struct rows *r, size_t row, unsigned column)
{
    size_t size;
    const char *at = wire(r, row, column, &size);

    return at && size == 1 && at[0] != 0;
}

double rows_float(const struct rows *r, size_t row, unsigned column)
{
    size_t size;
    const char *at = wire(r, row, column, &size);
    uint64_t v8;
    uint32_t v4;
    double f8;
    float f4;

    if (at && PQftype(r->result, (int)column) == OID_FLOAT8 && size == 8) {
        memcpy(&v8, at, 8);
        v8 = be64toh(v8);
        memcpy(&f8, &v8, 8);
        return f8;
    }
    if (at && PQftype(r->result, (int)column) == OID_FLOAT4 && size == 4) {
        memcpy(&v4, at, 4);
        v4 = be32toh(v4);
        memcpy(&f4, &v4, 4);
        return f4;
    }
    return 0;
}

const char *rows_bytes(const struct rows *r, size_t row, unsigned column, size_t *ret_size)
{
    size_t size = 0;
    const char *at = wire(r, row, column, &size);

    if (at && size > 0 && PQftype(r->result, (int)column) == OID_JSONB) {
        at++;
        size--;
    }
    if (ret_size)
        *ret_size = size;
    return at ? at : "";
}

static uint32_t be32_at(const char *at)
{
    uint32_t wire;

    memcpy(&wire, at, sizeof(wire));
    return be32toh(wire);
}

/* Dimensions, "has nulls", element type; of the dimension its length and lower bound; the elements,
 * each with its size. */
struct rows_array rows_text_array(const struct rows *r, size_t row, unsigned column)
{
    enum { HEAD = 12, DIMENSION = 8 };
    struct rows_array a = {NULL};
    size_t size;
    const char *at = wire(r, row, column, &size);

    if (!at || PQftype(r->result, (int)column) != OID_TEXT_ARRAY || size < HEAD + DIMENSION ||
        be32_at(at) != 1)
        return a;
    a = (struct rows_array){.at = at + HEAD + DIMENSION, .end = at + size, .n = be32_at(at + HEAD)};
    return a;
}

const char *rows_array_next(struct rows_array *a, size_t *ret_size)
{
    size_t left = (size_t)(a->end - a->at);
    size_t size = left >= 4 ? be32_at(a->at) : 0;
    const char *at = a->at + 4;

    a->n--;
    if (left < 4 || size > left - 4) { /* never from PostgreSQL; then the rest is empty */
        a->at = a->end;
        *ret_size = 0;
        return "";
    }
    a->at = at + size;
    *ret_size = size;
    return at;
}

uint64_t rows_usec(const struct rows *r, size_t row, unsigned column)
{
    int64_t since_2000;

    if (rows_is_null(r, row, column) || PQftype(r->result, (int)column) != OID_TIMESTAMPTZ)
        return 0;
    since_2000 = rows_int(r, row, column);
    if (since_2000 > INT64_MAX - EPOCH_2000_USEC)
        return INT64_MAX; /* 'infinity' */
    return since_2000 < -EPOCH_2000_USEC ? 0 : (uint64_t)(since_2000 + EPOCH_2000_USEC);
}

const char *rows_tag(const struct rows *r)
{
    return PQcmdStatus(r->result);
}
