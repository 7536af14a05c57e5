/* message.h - messages as C structures, and their strict encoding (messages.def is the table).
 *
 * Decoding believes nothing: the array has exactly the fields of its row, each of the right type,
 * no byte is left over, text is valid UTF-8, and the sender and receiver are those of the row.
 * Anything else is -EPROTO and ends that peer, never this process. Counts are checked against the
 * bytes at hand before anything is allocated; text and bytes point into the frame.
 */
#pragma once

#include "base/buf.h"
#include "base/frame.h"

/* Raise when messages.def changes: both sides of a link must agree. */
#define WIRE_VERSION 10

/* Caps on a payload: between roles, and for what a worker sends to the pool (limited by settings,
 * but never above). */
#define WIRE_MAX_BYTES        65536u
#define WIRE_MAX_RESULT_BYTES (160u << 20)

/* Who speaks. The values travel in HELLO. */
enum wire_role {
    ROLE_SUPERVISOR = 1 << 0,
    ROLE_POOL = 1 << 1,
    ROLE_INTAKE = 1 << 2,
    ROLE_WORKER = 1 << 3,
    ROLE_COMMAND = 1 << 4,
};
#define ROLE_ANY (ROLE_SUPERVISOR | ROLE_POOL | ROLE_INTAKE | ROLE_WORKER | ROLE_COMMAND)
const char *wire_role_name(enum wire_role role);

enum message_type {
#define MESSAGE(number, id, name, senders, receivers, fields) MESSAGE_##id = number,
#include "wire/messages.def"
#undef MESSAGE
};
/* One past the largest number. */
#define MESSAGE_MAX 64

/* Counted bytes inside a frame or of the sender; not NUL-terminated. */
struct bytes {
    const char *at;
    size_t n;
};
#define BYTES_STR(s) bytes_of_str(s)
struct bytes bytes_of_str(const char *text);
bool bytes_equal_str(struct bytes b, const char *text);
/* Copies at most size - 1 bytes, no character in part, and ends them with NUL: text stays text. */
void bytes_copy(struct bytes b, char *ret, size_t size);

#define U64(f)   uint64_t f;
#define I64(f)   int64_t f;
#define FLAG(f)  bool f;
#define TEXT(f)  struct bytes f;
#define BYTES(f) struct bytes f;
#define FD
#define MESSAGE(number, id, name, senders, receivers, fields) \
    struct message_##name {                                   \
        fields                                                \
    };
#include "wire/messages.def"
#undef MESSAGE
#undef U64
#undef I64
#undef FLAG
#undef TEXT
#undef BYTES
#undef FD

struct message {
    enum message_type type;
    union {
#define MESSAGE(number, id, name, senders, receivers, fields) struct message_##name name;
#include "wire/messages.def"
#undef MESSAGE
    };
};

/* "claim"; "?" for a number that has no row. */
const char *message_name(enum message_type type);

/* Appends the payload of `m` to `out`. Returns -ENOMEM, or -EINVAL when a text is not UTF-8. */
int message_encode(const struct message *m, struct buf *out) MUST_CHECK;

/* Reads a payload that `sender` sent to `receiver`. -EPROTO when anything is not as the table says.
 * `has_fd`: whether the frame carries a descriptor. */
int message_decode(const void *payload, size_t n, bool has_fd, enum wire_role sender,
                   enum wire_role receiver, struct message *ret) MUST_CHECK;
