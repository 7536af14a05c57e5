/* params.c - PostgreSQL's binary formats, as its send and receive functions define them
 * (src/backend/utils/adt/{arrayfuncs,int8,jsonb,tsvector}.c of PostgreSQL): big-endian integers,
 * counted bytes, a jsonb behind a version byte 1, an array as header and counted elements.
 *
 * All values lie behind each other in one buffer. Like the buffer, the list remembers its first
 * failure, ignores what follows, and is asked once with params_error(). A value may be 1 GB at
 * most, and so may the message that carries all of them, so the limit is put on their sum.
 */
#include "store/params_bind.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES ((1UL << 30) - (1UL << 20))

struct params {
    struct buf bytes;
    int failed;
    int n;
    Oid types[PARAMS_MAX];
    int lengths[PARAMS_MAX];
    size_t offsets[PARAMS_MAX];
    bool nulls[PARAMS_MAX];
    /* The array added last. */
    enum param_type element;
    size_t n_missing;
};

/* Type numbers as in pg_type.dat; they never change. */
static const struct {
    Oid scalar, array;
    size_t width; /* 0: counted bytes */
} types[] = {
    [PARAM_BOOL] = {16, 1000, 1},       [PARAM_INT4] = {23, 1007, 4},
    [PARAM_INT8] = {20, 1016, 8},       [PARAM_TEXT] = {25, 1009, 0},
    [PARAM_BYTEA] = {17, 1001, 0},      [PARAM_JSONB] = {3802, 3807, 0},
    [PARAM_TSVECTOR] = {3614, 3643, 0},
};

static const char jsonb_version = 1;

struct params *params_new(void)
{
    struct params *p = calloc(1, sizeof(*p));

    if (p)
        p->bytes.max_bytes = MAX_BYTES;
    return p;
}

struct params *params_free(struct params *p)
{
    if (p)
        buf_done(&p->bytes);
    free(p);
    return NULL;
}

void params_clear(struct params *p)
{
    buf_clear(&p->bytes);
    p->failed = p->n = 0;
    p->n_missing = 0;
}

static void fail(struct params *p, int r)
{
    if (p->failed == 0)
        p->failed = r;
}

static int failed(const struct params *p)
{
    return p->failed ? p->failed : buf_error(&p->bytes);
}

static void add_int32(struct params *p, uint32_t value)
{
    uint32_t wire = htobe32(value);

    buf_add(&p->bytes, &wire, sizeof(wire));
}

/* Begins a parameter; end() counts the bytes written since. */
static bool begin(struct params *p, Oid type)
{
    if (p->n_missing > 0)
        fail(p, -EINVAL);
    if (p->n == PARAMS_MAX)
        fail(p, -EFBIG);
    if (failed(p) < 0)
        return false;
    p->types[p->n] = type;
    p->offsets[p->n] = p->bytes.size;
    p->nulls[p->n] = false;
    p->lengths[p->n] = 0;
    p->n++;
    return true;
}

static void end(struct params *p)
{
    p->lengths[p->n - 1] = (int)(p->bytes.size - p->offsets[p->n - 1]);
}

static void add_scalar(struct params *p, enum param_type type, const void *bytes, size_t n)
{
    if (!begin(p, types[type].scalar))
        return;
    if (type == PARAM_JSONB)
        buf_add(&p->bytes, &jsonb_version, 1);
    buf_add(&p->bytes, bytes, n);
    end(p);
}

void params_add_null(struct params *p, enum param_type type)
{
    if (begin(p, types[type].scalar))
        p->nulls[p->n - 1] = true;
}

void params_add_bool(struct params *p, bool value)
{
    char wire = value;

    add_scalar(p, PARAM_BOOL, &wire, 1);
}

void params_add_int8(struct params *p, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);

    add_scalar(p, PARAM_INT8, &wire, sizeof(wire));
}

void params_add_text(struct params *p, const char *bytes, size_t n)
{
    add_scalar(p, PARAM_TEXT, bytes, n);
}

void params_add_bytea(struct params *p, const void *bytes, size_t n)
{
    add_scalar(p, PARAM_BYTEA, bytes, n);
}

void params_add_jsonb(struct params *p, const char *bytes, size_t n)
{
    add_scalar(p, PARAM_JSONB, bytes, n);
}

/* The header: dimensions, "has nulls", element type, and for the dimension its length and lower
 * bound. */
void params_add_array(struct params *p, enum param_type type, size_t n)
{
    if (n > INT32_MAX)
        fail(p, -EFBIG);
    if (!begin(p, types[type].array))
        return;
    add_int32(p, n > 0 ? 1 : 0);
    add_int32(p, 1);
    add_int32(p, types[type].scalar);
    if (n > 0) {
        add_int32(p, (uint32_t)n);
        add_int32(p, 1);
    }
    p->element = type;
    p->n_missing = n;
    end(p);
}

void params_element(struct params *p, const void *bytes, size_t n)
{
    size_t prefix = bytes && p->element == PARAM_JSONB;
    size_t width = types[p->element].width;

    if (p->n_missing == 0 || (bytes && width > 0 && n != width))
        fail(p, -EINVAL);
    if (n > MAX_BYTES)
        fail(p, -EFBIG);
    if (failed(p) < 0)
        return;
    p->n_missing--;
    add_int32(p, bytes ? (uint32_t)(n + prefix) : UINT32_MAX);
    buf_add(&p->bytes, &jsonb_version, prefix);
    if (bytes)
        buf_add(&p->bytes, bytes, n);
    end(p);
}

void params_element_int8(struct params *p, int64_t value)
{
    uint64_t wide = htobe64((uint64_t)value);
    uint32_t narrow = htobe32((uint32_t)value);

    if (p->element == PARAM_INT4 && value == (int32_t)value)
        params_element(p, &narrow, sizeof(narrow));
    else if (p->element == PARAM_INT8)
        params_element(p, &wide, sizeof(wide));
    else
        fail(p, -EINVAL);
}

void params_element_bool(struct params *p, bool value)
{
    char wire = value;

    if (p->element == PARAM_BOOL)
        params_element(p, &wire, 1);
    else
        fail(p, -EINVAL);
}

int params_error(const struct params *p)
{
    int r = failed(p);

    return r == 0 && p->n_missing > 0 ? -EINVAL : r;
}

void params_bind(const struct params *p, struct params_bound *ret)
{
    static const int binary[PARAMS_MAX] = {[0 ... PARAMS_MAX - 1] = 1};

    *ret = (struct params_bound){.formats = binary};
    if (!p)
        return;
    ret->n = p->n;
    ret->types = p->types;
    ret->lengths = p->lengths;
    for (int i = 0; i < p->n; i++)
        ret->values[i] = p->nulls[i] ? NULL : buf_text(&p->bytes) + p->offsets[i];
}
