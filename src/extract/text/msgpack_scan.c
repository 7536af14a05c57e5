/* msgpack_scan.c - reads MessagePack (the specification of 2017) value by value.
 *
 * Nothing is allocated and nothing recurses: what is inside a container are just the values that
 * follow, so counting them is enough to pass over it. A count is believed only when there are as
 * many bytes.
 */
#include "extract/text/msgpack_scan.h"

#include <string.h>

enum { FIRST_HEAD = 0xc0, LAST_HEAD = 0xdf };

/* What the bytes from 0xc0 on stand for. */
static const struct {
    unsigned char kind;
    unsigned char width; /* bytes of the number or count behind the head */
    unsigned char is_valid;
    unsigned char fixed; /* size of an extension that has no count */
} heads[] = {
    {MSGPACK_NIL, 0, 1, 0},   {0, 0, 0, 0},
    {MSGPACK_FALSE, 0, 1, 0}, {MSGPACK_TRUE, 0, 1, 0},
    {MSGPACK_BIN, 1, 1, 0},   {MSGPACK_BIN, 2, 1, 0},
    {MSGPACK_BIN, 4, 1, 0},   {MSGPACK_EXT, 1, 1, 0},
    {MSGPACK_EXT, 2, 1, 0},   {MSGPACK_EXT, 4, 1, 0},
    {MSGPACK_FLOAT, 4, 1, 0}, {MSGPACK_FLOAT, 8, 1, 0},
    {MSGPACK_UINT, 1, 1, 0},  {MSGPACK_UINT, 2, 1, 0},
    {MSGPACK_UINT, 4, 1, 0},  {MSGPACK_UINT, 8, 1, 0},
    {MSGPACK_INT, 1, 1, 0},   {MSGPACK_INT, 2, 1, 0},
    {MSGPACK_INT, 4, 1, 0},   {MSGPACK_INT, 8, 1, 0},
    {MSGPACK_EXT, 0, 1, 1},   {MSGPACK_EXT, 0, 1, 2},
    {MSGPACK_EXT, 0, 1, 4},   {MSGPACK_EXT, 0, 1, 8},
    {MSGPACK_EXT, 0, 1, 16},  {MSGPACK_STR, 1, 1, 0},
    {MSGPACK_STR, 2, 1, 0},   {MSGPACK_STR, 4, 1, 0},
    {MSGPACK_ARRAY, 2, 1, 0}, {MSGPACK_ARRAY, 4, 1, 0},
    {MSGPACK_MAP, 2, 1, 0},   {MSGPACK_MAP, 4, 1, 0},
};

static uint64_t big_endian(const char *at, size_t width)
{
    uint64_t number = 0;

    for (size_t i = 0; i < width; i++)
        number = number << 8 | (unsigned char)at[i];
    return number;
}

/* Extends the sign of a number of `width` bytes; one that is not below 0 is a UINT. */
static void set_signed(struct msgpack_value *v, size_t width)
{
    unsigned unused = 64 - 8 * (unsigned)width;

    v->number = (uint64_t)((int64_t)(v->number << unused) >> unused);
    v->kind = (int64_t)v->number < 0 ? MSGPACK_INT : MSGPACK_UINT;
}

static void set_real(struct msgpack_value *v, size_t width)
{
    uint32_t bits = (uint32_t)v->number;
    float single;

    v->is_single = width == 4;
    memcpy(&single, &bits, sizeof(single));
    memcpy(&v->real, &v->number, sizeof(v->real));
    if (v->is_single)
        v->real = (double)single;
}

/* The head whose count is in its own byte. */
static void set_short(struct msgpack_value *v, unsigned head)
{
    if (head < 0x80) {
        *v = (struct msgpack_value){.kind = MSGPACK_UINT, .number = head};
    } else if (head < 0xa0) {
        v->kind = head < 0x90 ? MSGPACK_MAP : MSGPACK_ARRAY;
        v->n = head & 0x0f;
    } else if (head < 0xc0) {
        v->kind = MSGPACK_STR;
        v->n = head & 0x1f;
    } else {
        *v = (struct msgpack_value){.kind = MSGPACK_INT, .number = (uint64_t)(int64_t)(int8_t)head};
    }
}

/* Reads head, number and count; returns their bytes, 0 when they are not there. */
static size_t read_head(const char *at, size_t room, struct msgpack_value *v)
{
    unsigned head = room > 0 ? (unsigned char)*at : FIRST_HEAD + 1, index = head - FIRST_HEAD;
    size_t width;

    if (head < FIRST_HEAD || head > LAST_HEAD) {
        set_short(v, head);
        return 1;
    }
    width = heads[index].width;
    if (!heads[index].is_valid || room - 1 < width)
        return 0;
    v->kind = heads[index].kind;
    v->number = big_endian(at + 1, width);
    v->n = v->kind >= MSGPACK_STR ? v->number + heads[index].fixed : 0;
    if (v->kind == MSGPACK_INT)
        set_signed(v, width);
    else if (v->kind == MSGPACK_FLOAT)
        set_real(v, width);
    return 1 + width;
}

bool msgpack_scan_next(struct msgpack_scan *s, struct msgpack_value *ret)
{
    struct msgpack_value v = {0};
    size_t room = s->size - s->at, used = read_head(s->bytes + s->at, room, &v);

    if (used == 0)
        return false;
    if (v.kind == MSGPACK_EXT) {
        if (room == used)
            return false;
        v.type = (signed char)s->bytes[s->at + used++];
    }
    if (v.kind == MSGPACK_MAP)
        v.n *= 2;
    if (v.n > room - used)
        return false;
    v.bytes = s->bytes + s->at + used;
    s->at += used + (v.kind < MSGPACK_ARRAY ? (size_t)v.n : 0);
    *ret = v;
    return true;
}

bool msgpack_scan_skip(struct msgpack_scan *s, uint64_t n)
{
    struct msgpack_value v;

    for (; n > 0; n--) {
        if (!msgpack_scan_next(s, &v))
            return false;
        if (v.kind >= MSGPACK_ARRAY)
            n += v.n;
        if (n - 1 > s->size - s->at) /* each value takes a byte at least; so `n` stays small */
            return false;
    }
    return true;
}

bool msgpack_scan_timestamp(const struct msgpack_value *value, int64_t *ret_seconds)
{
    if (value->kind != MSGPACK_EXT || value->type != -1)
        return false;
    if (value->n == 4)
        *ret_seconds = (int64_t)big_endian(value->bytes, 4);
    else if (value->n == 8)
        *ret_seconds = (int64_t)(big_endian(value->bytes, 8) & 0x3ffffffff);
    else if (value->n == 12)
        *ret_seconds = (int64_t)big_endian(value->bytes + 4, 8);
    else
        return false;
    return true;
}
