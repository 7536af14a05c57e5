/* fuzz_message.c - any payload to the strict decoder of messages, from every sender to every
 * receiver.
 *
 * Whoever may send a payload to whom, it means the same; what was decoded, encoded again, decodes
 * to the same; and of that encoding no shorter and no longer version is a message.
 */
#include "../wire/table.h"

#include "base/utf8.h"
#include "fuzz.h"

static const enum wire_role roles[] = {ROLE_SUPERVISOR, ROLE_POOL, ROLE_INTAKE, ROLE_WORKER,
                                       ROLE_COMMAND};

/* Of two decodings; and the fields of one lie in the payload. */
static void check_again(const struct message *m, const struct row *row, enum wire_role sender,
                        enum wire_role receiver)
{
    CLEANUP(buf_done) struct buf out = BUF_INIT;
    struct message again, other;
    char *exact;

    REQUIRE(message_encode(m, &out) == 0);
    exact = fuzz_copy(out.data, out.size);
    REQUIRE(message_decode(exact, out.size, row->has_fd, sender, receiver, &again) == 0);
    REQUIRE(messages_are_equal(row, m, &again));
    REQUIRE(message_decode(exact, out.size, !row->has_fd, sender, receiver, &other) == -EPROTO);
    free(exact);
    for (size_t n = 0; n < out.size && n < 300; n++)
        REQUIRE(message_decode(out.data, n, row->has_fd, sender, receiver, &other) == -EPROTO);
    buf_add_char(&out, '\0');
    REQUIRE(message_decode(out.data, out.size, row->has_fd, sender, receiver, &other) == -EPROTO);
}

static void check_fields(const struct message *m, const struct row *row, const uint8_t *data,
                         size_t size)
{
    for (size_t i = 0; i < row->n_fields; i++) {
        const struct bytes *b = (const struct bytes *)((const char *)m + row->fields[i].offset);

        if (row->fields[i].type != A_TEXT && row->fields[i].type != A_BYTES)
            continue;
        REQUIRE(b->at >= (const char *)data && b->at + b->n <= (const char *)data + size);
        REQUIRE(row->fields[i].type != A_TEXT || utf8_valid_prefix(b->at, b->n) == b->n);
    }
}

/* Decodes for one pair. Returns whether it is a message. */
static bool decode(const uint8_t *data, size_t size, bool has_fd, enum wire_role sender,
                   enum wire_role receiver, struct message *m)
{
    const struct row *row;
    int r = message_decode(data, size, has_fd, sender, receiver, m);

    REQUIRE(r == 0 || r == -EPROTO);
    if (r != 0)
        return false;
    row = row_of(m->type);
    REQUIRE(row && row->has_fd == has_fd);
    REQUIRE(row->senders & sender && row->receivers & receiver);
    REQUIRE(strcmp(message_name(m->type), row->name) == 0);
    return true;
}

static void check_all_pairs(const uint8_t *data, size_t size, bool has_fd)
{
    const struct row *row = NULL;
    struct message first, m;
    unsigned decoded = 0;

    for (size_t i = 0; i < ARRAY_SIZE(roles) * ARRAY_SIZE(roles); i++) {
        enum wire_role sender = roles[i / ARRAY_SIZE(roles)],
                       receiver = roles[i % ARRAY_SIZE(roles)];

        if (!decode(data, size, has_fd, sender, receiver, &m))
            continue;
        if (decoded++ == 0) {
            first = m;
            row = row_of(m.type);
            check_fields(&m, row, data, size);
            check_again(&m, row, sender, receiver);
        }
        REQUIRE(messages_are_equal(row, &first, &m));
    }
    REQUIRE(!row || decoded == (unsigned)__builtin_popcount(row->senders) *
                                   (unsigned)__builtin_popcount(row->receivers));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (n_rows == 0)
        (void)read_table(NULL);
    check_all_pairs(data, size, false);
    check_all_pairs(data, size, true);
    return 0;
}
