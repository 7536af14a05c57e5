/* Every message of messages.def: what is encoded is decoded, and is what msgpack's own unpacker
 * reads. */
#include "table.h"

#include <msgpack.h>

/* Decodes from memory of exactly that size. */
static int decode(const struct row *row, const struct buf *payload, struct message *ret,
                  char **ret_memory)
{
    *ret_memory = malloc(payload->size);
    memcpy(*ret_memory, payload->data, payload->size);
    return message_decode(*ret_memory, payload->size, row->has_fd, one_of(row->senders),
                          one_of(row->receivers), ret);
}

static void what_is_encoded_is_decoded(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf payload = BUF_INIT;

    for (size_t i = 0; i < n_rows; i++)
        for (unsigned variant = 0; variant < N_VARIANTS; variant++) {
            struct message m = make_message(&table[i], variant, false), back;
            char *memory;

            buf_clear(&payload);
            assert_int_equal(message_encode(&m, &payload), 0);
            assert_int_equal(decode(&table[i], &payload, &back, &memory), 0);
            assert_true(messages_are_equal(&table[i], &m, &back));
            free(memory);
        }
}

static void every_value_comes_back(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf payload = BUF_INIT;
    struct message m = {.type = MESSAGE_CLAIM}, back;
    char *memory;

    for (size_t i = 0; i < ARRAY_SIZE(i64s) * ARRAY_SIZE(u64s); i++) {
        m.claim.nonce = u64s[i % ARRAY_SIZE(u64s)];
        m.claim.size = i64s[i / ARRAY_SIZE(u64s)];
        buf_clear(&payload);
        assert_int_equal(message_encode(&m, &payload), 0);
        assert_int_equal(decode(row_of(MESSAGE_CLAIM), &payload, &back, &memory), 0);
        assert_true(back.claim.nonce == m.claim.nonce);
        assert_true(back.claim.size == m.claim.size);
        free(memory);
    }
}

static bool is_same_number(const msgpack_object *o, uint64_t value)
{
    return o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 == value;
}

static bool is_same_signed(const msgpack_object *o, int64_t value)
{
    return value >= 0 ? is_same_number(o, (uint64_t)value)
                      : o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER && o->via.i64 == value;
}

static bool is_same_field(const msgpack_object *o, const struct field *f, const struct message *m)
{
    const char *at = (const char *)m + f->offset;
    const struct bytes *b = (const struct bytes *)at;

    switch (f->type) {
    case A_U64:
        return is_same_number(o, *(const uint64_t *)at);
    case AN_I64:
        return is_same_signed(o, *(const int64_t *)at);
    case A_FLAG:
        return o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean == *(const bool *)at;
    case A_TEXT:
        return o->type == MSGPACK_OBJECT_STR && o->via.str.size == b->n &&
               (b->n == 0 || memcmp(o->via.str.ptr, b->at, b->n) == 0);
    case A_BYTES:
        return o->type == MSGPACK_OBJECT_BIN && o->via.bin.size == b->n &&
               (b->n == 0 || memcmp(o->via.bin.ptr, b->at, b->n) == 0);
    case A_FD:
        break;
    }
    return false;
}

static void check_with_unpacker(const struct row *row, const struct message *m,
                                const struct buf *payload)
{
    msgpack_unpacked unpacked;
    size_t at = 0;

    msgpack_unpacked_init(&unpacked);
    assert_int_equal(msgpack_unpack_next(&unpacked, payload->data, payload->size, &at),
                     MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(at, payload->size);
    assert_int_equal(unpacked.data.type, MSGPACK_OBJECT_ARRAY);
    assert_int_equal(unpacked.data.via.array.size, row->n_fields + 1);
    assert_true(is_same_number(&unpacked.data.via.array.ptr[0], row->type));
    for (size_t i = 0; i < row->n_fields; i++)
        assert_true(is_same_field(&unpacked.data.via.array.ptr[i + 1], &row->fields[i], m));
    msgpack_unpacked_destroy(&unpacked);
}

static void another_unpacker_reads_the_same(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf payload = BUF_INIT;

    for (size_t i = 0; i < n_rows; i++)
        for (unsigned variant = 0; variant < N_VARIANTS; variant++) {
            struct message m = make_message(&table[i], variant, false);

            buf_clear(&payload);
            assert_int_equal(message_encode(&m, &payload), 0);
            check_with_unpacker(&table[i], &m, &payload);
        }
}

static void encoding_appends(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf out = BUF_INIT;
    const struct message m = {.type = MESSAGE_READY};

    buf_add_str(&out, "before");
    assert_int_equal(message_encode(&m, &out), 0);
    assert_memory_equal(out.data, "before\x91\x04", 8);
    assert_int_equal(out.size, 8);
}

static void text_that_is_no_text_is_not_encoded(void **state UNUSED)
{
    static const struct bytes bad[] = {STR("\xff"), STR("a\0b"), STR("\xc3"), STR("\xed\xa0\x80")};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(buf_done) struct buf out = BUF_INIT;
        const struct message m = {.type = MESSAGE_FATAL, .fatal = {.reason = bad[i]}};

        assert_int_equal(message_encode(&m, &out), -EINVAL);
    }
}

static void a_message_without_a_row_is_not_encoded(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf out = BUF_INIT;
    const struct message none = {.type = (enum message_type)0}, beyond = {.type = MESSAGE_MAX - 1};

    assert_int_equal(message_encode(&none, &out), -EINVAL);
    assert_int_equal(message_encode(&beyond, &out), -EINVAL);
    assert_string_equal(message_name(MESSAGE_MAX - 1), "?");
}

static void a_result_over_the_buffers_limit_is_an_error(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf out = {.max_bytes = 100};
    const struct message m = {.type = MESSAGE_SETTING, .setting = {.value = {much, 1000}}};

    memset(much, 'x', sizeof(much));
    assert_int_equal(message_encode(&m, &out), -EFBIG);
}

static void rows_are_sound(void **state UNUSED)
{
    for (size_t i = 0; i < n_rows; i++) {
        assert_true(table[i].type < MESSAGE_MAX);
        assert_ptr_equal(row_of(table[i].type), &table[i]); /* no number twice */
        assert_string_equal(message_name(table[i].type), table[i].name);
        assert_true(table[i].n_fields < 32); /* two bytes count them, from 15 on */
        assert_true(table[i].senders && table[i].receivers);
    }
}

static void roles_have_names(void **state UNUSED)
{
    assert_string_equal(wire_role_name(ROLE_SUPERVISOR), "supervisor");
    assert_string_equal(wire_role_name(ROLE_POOL), "pool");
    assert_string_equal(wire_role_name(ROLE_INTAKE), "intake");
    assert_string_equal(wire_role_name(ROLE_WORKER), "worker");
    assert_string_equal(wire_role_name(ROLE_COMMAND), "command");
    assert_string_equal(wire_role_name(ROLE_ANY), "?");
}

static void counted_bytes_become_strings(void **state UNUSED)
{
    char text[8];

    assert_true(bytes_equal_str((struct bytes)STR("done"), "done"));
    assert_false(bytes_equal_str((struct bytes)STR("done"), "don"));
    assert_false(bytes_equal_str((struct bytes)STR("don"), "done"));
    bytes_copy((struct bytes)STR("short"), text, sizeof(text));
    assert_string_equal(text, "short");
    bytes_copy((struct bytes)STR("1234567"), text, sizeof(text));
    assert_string_equal(text, "1234567");
    bytes_copy((struct bytes)STR("123456789"), text, sizeof(text));
    assert_string_equal(text, "1234567");
    bytes_copy((struct bytes){NULL, 0}, text, sizeof(text));
    assert_string_equal(text, "");
}

/* What is cut and sent on must still be text. */
static void a_character_is_not_cut_in_two(void **state UNUSED)
{
    char text[8];

    bytes_copy((struct bytes)STR("12345\xe2\x82\xac"), text, sizeof(text));
    assert_string_equal(text, "12345");
    bytes_copy((struct bytes)STR("1234\xe2\x82\xac..."), text, sizeof(text));
    assert_string_equal(text, "1234\xe2\x82\xac");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_decoded),
        cmocka_unit_test(every_value_comes_back),
        cmocka_unit_test(another_unpacker_reads_the_same),
        cmocka_unit_test(encoding_appends),
        cmocka_unit_test(text_that_is_no_text_is_not_encoded),
        cmocka_unit_test(a_message_without_a_row_is_not_encoded),
        cmocka_unit_test(a_result_over_the_buffers_limit_is_an_error),
        cmocka_unit_test(rows_are_sound),
        cmocka_unit_test(roles_have_names),
        cmocka_unit_test(counted_bytes_become_strings),
        cmocka_unit_test(a_character_is_not_cut_in_two),
    };

    return cmocka_run_group_tests(tests, read_table, NULL);
}
