/* table.h - messages.def as the tests read it, and messages with values for every field. */
#pragma once

#include "../base/common.h"

#include "wire/message.h"

struct field {
    enum { A_U64, AN_I64, A_FLAG, A_TEXT, A_BYTES, A_FD } type;
    size_t offset; /* in struct message */
};

struct row {
    enum message_type type;
    const char *name;
    unsigned senders, receivers;
    const struct field *fields;
    size_t n_fields; /* without the descriptor */
    bool has_fd;
};

static struct row table[MESSAGE_MAX];
static size_t n_rows;

static UNUSED void add_row(struct row row)
{
    row.has_fd = row.n_fields > 0 && row.fields[row.n_fields - 1].type == A_FD;
    row.n_fields -= row.has_fd;
    table[n_rows++] = row;
}

#define AT(f)    (offsetof(struct message, hello) + offsetof(current, f))
#define U64(f)   {A_U64, AT(f)},
#define I64(f)   {AN_I64, AT(f)},
#define FLAG(f)  {A_FLAG, AT(f)},
#define TEXT(f)  {A_TEXT, AT(f)},
#define BYTES(f) {A_BYTES, AT(f)},
#define FD       {A_FD, 0},
#define MESSAGE(number, id, message, from, to, list)                                           \
    static UNUSED void add_##message(void)                                                     \
    {                                                                                          \
        typedef struct message_##message current UNUSED;                                       \
        static const struct field fields[] = {list{A_FD, 0}};                                  \
                                                                                               \
        add_row((struct row){MESSAGE_##id, #message, from, to, fields, ARRAY_SIZE(fields) - 1, \
                             false});                                                          \
    }
#define ANY        ROLE_ANY
#define SUPERVISOR ROLE_SUPERVISOR
#define POOL       ROLE_POOL
#define INTAKE     ROLE_INTAKE
#define WORKER     ROLE_WORKER
#define COMMAND    ROLE_COMMAND
#include "wire/messages.def"
#undef MESSAGE
#undef U64
#undef I64
#undef FLAG
#undef TEXT
#undef BYTES
#undef FD
#undef ANY
#undef SUPERVISOR
#undef POOL
#undef INTAKE
#undef WORKER
#undef COMMAND

static UNUSED int read_table(void **state)
{
    (void)state;
    n_rows = 0;
#define MESSAGE(number, id, message, from, to, list) add_##message();
#include "wire/messages.def"
#undef MESSAGE
    return 0;
}

/* ---- values ---- */

static char much[70000]; /* text without a NUL */

#define STR(s)           \
    {                    \
        s, sizeof(s) - 1 \
    }

static const uint64_t u64s[] = {0,     1,     127,        128,        255,        256,
                                65535, 65536, UINT32_MAX, 1ull << 32, 1ull << 63, UINT64_MAX};
static const int64_t i64s[] = {
    0, -1,  -32, -33, -128, -129,  -32768, -32769,    INT32_MIN,  INT32_MIN - 1ll, INT64_MIN,
    1, 127, 128, 255, 256,  65535, 65536,  INT32_MAX, UINT32_MAX, 1ll << 32,       INT64_MAX};
static const struct bytes texts[] = {STR(""),       STR("a"),
                                     {much, 31},    {much, 32},
                                     {much, 255},   {much, 256},
                                     {much, 65535}, {much, 65536},
                                     {much, 70000}, STR("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")};
static const struct bytes bins[] = {STR(""),     STR("\0\xff\0"), {much, 32},   {much, 255},
                                    {much, 256}, {much, 65535},   {much, 65536}};
#define N_VARIANTS 24

/* The `variant`th value for every field; `small`: of texts and bytes only the short ones. */
static UNUSED struct message make_message(const struct row *row, unsigned variant, bool small)
{
    struct message m;

    memset(&m, 0, sizeof(m));
    memset(much, 'x', sizeof(much));
    m.type = row->type;
    for (size_t i = 0; i < row->n_fields; i++) {
        char *at = (char *)&m + row->fields[i].offset;
        unsigned v = variant + (unsigned)i;

        switch (row->fields[i].type) {
        case A_U64:
            *(uint64_t *)at = u64s[v % ARRAY_SIZE(u64s)];
            break;
        case AN_I64:
            *(int64_t *)at = i64s[v % ARRAY_SIZE(i64s)];
            break;
        case A_FLAG:
            *(bool *)at = v % 2;
            break;
        case A_TEXT:
            *(struct bytes *)at = texts[v % (small ? 4 : ARRAY_SIZE(texts))];
            break;
        case A_BYTES:
            *(struct bytes *)at = bins[v % (small ? 3 : ARRAY_SIZE(bins))];
            break;
        case A_FD:
            break;
        }
    }
    return m;
}

static bool bytes_are_equal(const struct bytes *a, const struct bytes *b)
{
    return a->n == b->n && (a->n == 0 || memcmp(a->at, b->at, a->n) == 0);
}

static UNUSED bool messages_are_equal(const struct row *row, const struct message *a,
                                      const struct message *b)
{
    bool equal = a->type == b->type;

    for (size_t i = 0; i < row->n_fields && equal; i++) {
        const char *x = (const char *)a + row->fields[i].offset;
        const char *y = (const char *)b + row->fields[i].offset;

        if (row->fields[i].type == A_FLAG)
            equal = *(const bool *)x == *(const bool *)y;
        else if (row->fields[i].type == A_U64 || row->fields[i].type == AN_I64)
            equal = memcmp(x, y, sizeof(uint64_t)) == 0;
        else
            equal = bytes_are_equal((const struct bytes *)x, (const struct bytes *)y);
    }
    return equal;
}

/* Some role of a set. */
static UNUSED enum wire_role one_of(unsigned roles)
{
    return (enum wire_role)(roles & -roles);
}

static UNUSED const struct row *row_of(enum message_type type)
{
    for (size_t i = 0; i < n_rows; i++)
        if (table[i].type == type)
            return &table[i];
    return NULL;
}
