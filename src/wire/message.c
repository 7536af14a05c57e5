/* message.c - encodes and decodes messages by the table of messages.def; the only user of
 * <msgpack.h>.
 *
 * Encoding is msgpack-c's packer. Decoding is not msgpack-c's unpacker: that one allocates for an
 * array what its header claims (gigabytes for five bytes), and builds objects that the strict check
 * would walk again. Our arrays are flat and their field types known, so reading them in place is
 * shorter than checking what the unpacker made.
 */
#include "wire/message.h"

#include "base/utf8.h"

#include <msgpack.h>
#include <string.h>

enum field_type { FIELD_U64, FIELD_I64, FIELD_FLAG, FIELD_TEXT, FIELD_BYTES, FIELD_FD };

struct field {
    enum field_type type;
    size_t offset; /* in the message's structure */
};

struct row {
    const char *name; /* NULL: no such message */
    unsigned senders, receivers;
    const struct field *fields;
    size_t n_fields; /* FIELD_FD, which is always the last, not counted */
    bool has_fd;
};

#define U64(f)   {FIELD_U64, offsetof(current, f)},
#define I64(f)   {FIELD_I64, offsetof(current, f)},
#define FLAG(f)  {FIELD_FLAG, offsetof(current, f)},
#define TEXT(f)  {FIELD_TEXT, offsetof(current, f)},
#define BYTES(f) {FIELD_BYTES, offsetof(current, f)},
#define FD       {FIELD_FD, 0},

/* The field list of each message; the last entry only keeps an empty list valid. */
#define MESSAGE(number, id, message, senders, receivers, list)    \
    static const struct field *fields_of_##message(size_t *ret_n) \
    {                                                             \
        typedef struct message_##message current UNUSED;          \
        static const struct field fields[] = {list{FIELD_FD, 0}}; \
                                                                  \
        *ret_n = ARRAY_SIZE(fields) - 1;                          \
        return fields;                                            \
    }
#include "wire/messages.def"
#undef MESSAGE

#define ANY        ROLE_ANY
#define SUPERVISOR ROLE_SUPERVISOR
#define POOL       ROLE_POOL
#define INTAKE     ROLE_INTAKE
#define WORKER     ROLE_WORKER
#define COMMAND    ROLE_COMMAND

static bool find_row(enum message_type type, struct row *row)
{
    switch (type) {
#define MESSAGE(number, id, message, from, to, list)                                 \
    case number:                                                                     \
        *row = (struct row){.name = #message, .senders = (from), .receivers = (to)}; \
        row->fields = fields_of_##message(&row->n_fields);                           \
        break;
#include "wire/messages.def"
#undef MESSAGE
    default:
        return false;
    }
    row->has_fd = row->n_fields > 0 && row->fields[row->n_fields - 1].type == FIELD_FD;
    if (row->has_fd)
        row->n_fields--;
    return true;
}

const char *message_name(enum message_type type)
{
    struct row row;

    return find_row(type, &row) ? row.name : "?";
}

const char *wire_role_name(enum wire_role role)
{
    switch (role) {
    case ROLE_SUPERVISOR:
        return "supervisor";
    case ROLE_POOL:
        return "pool";
    case ROLE_INTAKE:
        return "intake";
    case ROLE_WORKER:
        return "worker";
    case ROLE_COMMAND:
        return "command";
    default:
        return "?";
    }
}

struct bytes bytes_of_str(const char *text)
{
    return (struct bytes){.at = text, .n = strlen(text)};
}

bool bytes_equal_str(struct bytes b, const char *text)
{
    return b.n == strlen(text) && (b.n == 0 || memcmp(b.at, text, b.n) == 0);
}

void bytes_copy(struct bytes b, char *ret, size_t size)
{
    size_t n = utf8_cut(b.at, b.n, size - 1);

    if (n > 0)
        memcpy(ret, b.at, n);
    ret[n] = '\0';
}

/* Encoding. */

static int write_to_buf(void *data, const char *bytes, size_t n)
{
    buf_add(data, bytes, n);
    return 0;
}

static bool is_text(const struct bytes *b)
{
    return utf8_valid_prefix(b->at, b->n) == b->n;
}

static int pack_field(msgpack_packer *pk, const struct field *f, const char *at)
{
    const struct bytes *b = (const struct bytes *)at;

    switch (f->type) {
    case FIELD_U64:
        return msgpack_pack_uint64(pk, *(const uint64_t *)at);
    case FIELD_I64:
        return msgpack_pack_int64(pk, *(const int64_t *)at);
    case FIELD_FLAG:
        return *(const bool *)at ? msgpack_pack_true(pk) : msgpack_pack_false(pk);
    case FIELD_TEXT:
        if (!is_text(b))
            return -EINVAL;
        return msgpack_pack_str_with_body(pk, b->at ? b->at : "", b->n);
    case FIELD_BYTES:
        return msgpack_pack_bin_with_body(pk, b->at ? b->at : "", b->n);
    case FIELD_FD:
        break;
    }
    return 0;
}

int message_encode(const struct message *m, struct buf *out)
{
    const char *base = (const char *)m + offsetof(struct message, hello);
    msgpack_packer pk;
    struct row row;
    int r;

    if (!find_row(m->type, &row))
        return -EINVAL;
    msgpack_packer_init(&pk, out, write_to_buf);
    (void)msgpack_pack_array(&pk, row.n_fields + 1);
    (void)msgpack_pack_uint32(&pk, m->type);
    for (size_t i = 0; i < row.n_fields; i++) {
        r = pack_field(&pk, &row.fields[i], base + row.fields[i].offset);
        if (r < 0)
            return -EINVAL;
    }
    return buf_error(out);
}

/* Decoding. */

struct reader {
    const uint8_t *at;
    size_t left;
};

/* Big-endian number of `n` bytes. */
static bool read_big(struct reader *r, size_t n, uint64_t *ret)
{
    uint64_t value = 0;

    if (r->left < n)
        return false;
    for (size_t i = 0; i < n; i++)
        value = value << 8 | r->at[i];
    r->at += n;
    r->left -= n;
    *ret = value;
    return true;
}

static bool read_head(struct reader *r, uint8_t *ret)
{
    uint64_t byte;

    if (!read_big(r, 1, &byte))
        return false;
    *ret = (uint8_t)byte;
    return true;
}

static bool read_u64(struct reader *r, uint64_t *ret)
{
    uint8_t head;

    if (!read_head(r, &head))
        return false;
    if (head < 0x80) {
        *ret = head;
        return true;
    }
    return head >= 0xcc && head <= 0xcf && read_big(r, (size_t)1 << (head - 0xcc), ret);
}

static bool read_i64(struct reader *r, int64_t *ret)
{
    uint8_t head = r->left > 0 ? r->at[0] : 0;
    uint64_t raw;
    unsigned bits;

    if (head >= 0xe0) {
        *ret = (int8_t)head;
        return read_head(r, &head);
    }
    if (head < 0xd0 || head > 0xd3) {
        if (!read_u64(r, &raw) || raw > INT64_MAX)
            return false;
        *ret = (int64_t)raw;
        return true;
    }
    if (!read_head(r, &head) || !read_big(r, (size_t)1 << (head - 0xd0), &raw))
        return false;
    bits = 64 - (8u << (head - 0xd0));
    *ret = (int64_t)(raw << bits) >> bits; /* extends the sign */
    return true;
}

static bool read_flag(struct reader *r, bool *ret)
{
    uint8_t head;

    if (!read_head(r, &head) || (head & 0xfe) != 0xc2)
        return false;
    *ret = head == 0xc3;
    return true;
}

static bool read_counted(struct reader *r, uint64_t n, struct bytes *ret)
{
    if (n > r->left)
        return false;
    *ret = (struct bytes){.at = (const char *)r->at, .n = (size_t)n};
    r->at += n;
    r->left -= (size_t)n;
    return true;
}

static bool read_text(struct reader *r, struct bytes *ret)
{
    uint8_t head;
    uint64_t n;

    if (!read_head(r, &head))
        return false;
    if ((head & 0xe0) == 0xa0)
        n = head & 0x1f;
    else if (head < 0xd9 || head > 0xdb || !read_big(r, (size_t)1 << (head - 0xd9), &n))
        return false;
    return read_counted(r, n, ret) && is_text(ret);
}

static bool read_bytes(struct reader *r, struct bytes *ret)
{
    uint8_t head;
    uint64_t n;

    return read_head(r, &head) && head >= 0xc4 && head <= 0xc6 &&
           read_big(r, (size_t)1 << (head - 0xc4), &n) && read_counted(r, n, ret);
}

static bool read_array(struct reader *r, uint64_t *ret)
{
    uint8_t head;

    if (!read_head(r, &head))
        return false;
    if ((head & 0xf0) == 0x90) {
        *ret = head & 0x0f;
        return true;
    }
    return head == 0xdc && read_big(r, 2, ret);
}

static bool read_field(struct reader *r, const struct field *f, char *at)
{
    switch (f->type) {
    case FIELD_U64:
        return read_u64(r, (uint64_t *)at);
    case FIELD_I64:
        return read_i64(r, (int64_t *)at);
    case FIELD_FLAG:
        return read_flag(r, (bool *)at);
    case FIELD_TEXT:
        return read_text(r, (struct bytes *)at);
    case FIELD_BYTES:
        return read_bytes(r, (struct bytes *)at);
    case FIELD_FD:
        break;
    }
    return false;
}

static bool read_row(struct reader *r, enum wire_role sender, enum wire_role receiver,
                     struct row *row, struct message *m)
{
    uint64_t count, number;

    if (!read_array(r, &count) || !read_u64(r, &number) || number >= MESSAGE_MAX)
        return false;
    m->type = (enum message_type)number;
    return find_row(m->type, row) && count == row->n_fields + 1 && row->senders & sender &&
           row->receivers & receiver;
}

int message_decode(const void *payload, size_t n, bool has_fd, enum wire_role sender,
                   enum wire_role receiver, struct message *ret)
{
    struct reader r = {.at = payload, .left = n};
    struct message m;
    char *base = (char *)&m + offsetof(struct message, hello);
    struct row row;

    memset(&m, 0, sizeof(m));
    if (!read_row(&r, sender, receiver, &row, &m) || row.has_fd != has_fd)
        return -EPROTO;
    for (size_t i = 0; i < row.n_fields; i++)
        if (!read_field(&r, &row.fields[i], base + row.fields[i].offset))
            return -EPROTO;
    if (r.left != 0)
        return -EPROTO;
    *ret = m;
    return 0;
}
