/* Decoding believes nothing. */
#include "table.h"

/* Decodes from memory of exactly that size, so that a byte too far is found by the sanitizer. */
static int decode(const void *payload, size_t n, bool has_fd, unsigned sender, unsigned receiver,
                  struct message *ret)
{
    char *memory = malloc(n ? n : 1);
    int r;

    memcpy(memory, payload, n);
    r = message_decode(memory, n, has_fd, (enum wire_role)sender, (enum wire_role)receiver, ret);
    free(memory);
    return r;
}

/* From the supervisor to the intake, without a descriptor. */
static int told(const void *payload, size_t n)
{
    struct message m;

    return decode(payload, n, false, ROLE_SUPERVISOR, ROLE_INTAKE, &m);
}

#define assert_refused(bytes) assert_int_equal(told(bytes, sizeof(bytes) - 1), -EPROTO)
#define assert_taken(bytes)   assert_int_equal(told(bytes, sizeof(bytes) - 1), 0)

static void the_array_has_exactly_its_fields(void **state UNUSED)
{
    assert_taken("\x92\x03\xc3");
    assert_refused("\x91\x03");
    assert_refused("\x93\x03\xc3\xc3");
    assert_refused("\x92\x03");
    assert_refused("\x90");
    assert_refused("");
    assert_refused("\x92\x03\xc3\x00"); /* a byte behind it */
    assert_refused("\x92\x03\xc3\x92\x03\xc3");
}

static void it_is_an_array(void **state UNUSED)
{
    assert_taken("\xdc\x00\x02\x03\xc3");
    assert_refused("\xdd\x00\x00\x00\x02\x03\xc3"); /* none is so long */
    assert_refused("\x81\x03\xc3");
    assert_refused("\x03");
    assert_refused("\xc0");
    assert_refused("\xdc\x00");
    assert_refused("\xdc\xff\xff\x03\xc3");
    assert_refused("\xdd\xff\xff\xff\xff");
}

static void its_number_has_a_row(void **state UNUSED)
{
    assert_refused("\x91\x00");
    assert_refused("\x91\x3f");
    assert_refused("\x91\x40");
    assert_refused("\x91\xcd\x01\x0a");                         /* 256 + 10 */
    assert_refused("\x91\xcf\x00\x00\x00\x01\x00\x00\x00\x0a"); /* 2^32 + 10 */
    assert_refused("\x91\xff");
    assert_refused("\x91\xa1\x0a");
    assert_taken("\x91\xcc\x0a");
}

static void a_flag_is_a_boolean(void **state UNUSED)
{
    assert_taken("\x92\x03\xc2");
    assert_refused("\x92\x03\x00");
    assert_refused("\x92\x03\x01");
    assert_refused("\x92\x03\xc0");
    assert_refused("\x92\x03\xc1");
    assert_refused("\x92\x03\xc4\x00");
}

/* RETIRE: U64 U64. */
static void an_unsigned_number_is_one(void **state UNUSED)
{
    assert_taken("\x93\x07\x01\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_taken("\x93\x07\xcc\x01\xcd\x00\x01");
    assert_refused("\x93\x07\x01\xff");
    assert_refused("\x93\x07\x01\xd0\x01");
    assert_refused("\x93\x07\x01\xd3\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_refused("\x93\x07\x01\xca\x00\x00\x00\x00");
    assert_refused("\x93\x07\x01\xc2");
    assert_refused("\x93\x07\x01\xa1x");
    assert_refused("\x93\x07\x01\xcf\xff\xff\xff\xff\xff\xff\xff");
}

/* DIED: the third field is I64. */
static void a_signed_number_is_one(void **state UNUSED)
{
    struct message m;

#define DIED(number) "\x99\x08\x01\x02" number "\x03\x04\x05\x06\x07"
#define EXIT_CODE(payload)                                                                     \
    (told(payload, sizeof(payload) - 1) == 0 &&                                                \
             message_decode(payload, sizeof(payload) - 1, false, ROLE_SUPERVISOR, ROLE_INTAKE, \
                            &m) == 0                                                           \
         ? m.died.exit_code                                                                    \
         : 99)
    assert_int_equal(EXIT_CODE(DIED("\xff")), -1);
    assert_int_equal(EXIT_CODE(DIED("\xe0")), -32);
    assert_int_equal(EXIT_CODE(DIED("\xd0\x80")), -128);
    assert_int_equal(EXIT_CODE(DIED("\xd0\x05")), 5);
    assert_int_equal(EXIT_CODE(DIED("\xd1\xff\xfe")), -2);
    assert_int_equal(EXIT_CODE(DIED("\xd2\xff\xff\xff\xfd")), -3);
    assert_int_equal(EXIT_CODE(DIED("\xd3\xff\xff\xff\xff\xff\xff\xff\xfc")), -4);
    assert_int_equal(EXIT_CODE(DIED("\xcc\xff")), 255);
    assert_taken(DIED("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff"));
    assert_refused(DIED("\xcf\x80\x00\x00\x00\x00\x00\x00\x00"));
    assert_refused(DIED("\xcb\x00\x00\x00\x00\x00\x00\x00\x00"));
    assert_refused(DIED("\xc2"));
    assert_refused(DIED("\xa0"));
}

/* SETTING: TEXT TEXT. */
static void text_is_text(void **state UNUSED)
{
    assert_taken("\x93\x02\xa1x\xa0");
    assert_taken("\x93\x02\xd9\x01x\xda\x00\x01y");
    assert_taken("\x93\x02\xa2\xc3\xa4\xdb\x00\x00\x00\x01y");
    assert_refused("\x93\x02\xa1x\xc4\x01y"); /* bin */
    assert_refused("\x93\x02\xa1x\xa1\x00");  /* NUL */
    assert_refused("\x93\x02\xa1x\xa1\xff");
    assert_refused("\x93\x02\xa1x\xa1\xc3");         /* cut off */
    assert_refused("\x93\x02\xa1x\xa2\xc0\x80");     /* overlong */
    assert_refused("\x93\x02\xa1x\xa3\xed\xa0\x80"); /* surrogate */
    assert_refused("\x93\x02\xa1x\xc0");
    assert_refused("\x93\x02\xa1x\x01");
}

static void lengths_are_of_bytes_that_are_there(void **state UNUSED)
{
    assert_refused("\x93\x02\xa1x\xa2y");
    assert_refused("\x93\x02\xa1x\xd9\x02y");
    assert_refused("\x93\x02\xa1x\xda\xff\xff");
    assert_refused("\x93\x02\xa1x\xdb\xff\xff\xff\xff");
    assert_refused("\x93\x02\xa1x\xdb\xff\xff\xff\xffy");
    assert_refused("\x93\x02\xa1x\xdb\x7f\xff");
}

/* REFUSED: the last field is BYTES. */
static void bytes_are_bytes(void **state UNUSED)
{
    struct message m;

#define REFUSED(bytes)     "\x96\x16\x01\x02\xa0\xa0" bytes
#define FROM_POOL(payload) decode(payload, sizeof(payload) - 1, false, ROLE_POOL, ROLE_INTAKE, &m)
    assert_int_equal(FROM_POOL(REFUSED("\xc4\x00")), 0);
    assert_int_equal(FROM_POOL(REFUSED("\xc4\x02\x00\xff")), 0);
    assert_int_equal(FROM_POOL(REFUSED("\xc5\x00\x01x")), 0);
    assert_int_equal(FROM_POOL(REFUSED("\xc6\x00\x00\x00\x01x")), 0);
    assert_int_equal(FROM_POOL(REFUSED("\xa1x")), -EPROTO);
    assert_int_equal(FROM_POOL(REFUSED("\xc7\x01\x01x")), -EPROTO);
    assert_int_equal(FROM_POOL(REFUSED("\xc4\x02x")), -EPROTO);
    assert_int_equal(FROM_POOL(REFUSED("\xc6\xff\xff\xff\xffx")), -EPROTO);
}

static void only_the_rows_sender_and_receiver(void **state UNUSED)
{
    static const unsigned roles[] = {ROLE_SUPERVISOR, ROLE_POOL, ROLE_INTAKE, ROLE_WORKER,
                                     ROLE_COMMAND};
    CLEANUP(buf_done) struct buf payload = BUF_INIT;

    for (size_t i = 0; i < n_rows; i++) {
        struct message m = make_message(&table[i], 0, true), back;

        buf_clear(&payload);
        assert_int_equal(message_encode(&m, &payload), 0);
        for (size_t s = 0; s < ARRAY_SIZE(roles); s++)
            for (size_t r = 0; r < ARRAY_SIZE(roles); r++) {
                bool allowed = table[i].senders & roles[s] && table[i].receivers & roles[r];

                assert_int_equal(
                    decode(payload.data, payload.size, table[i].has_fd, roles[s], roles[r], &back),
                    allowed ? 0 : -EPROTO);
            }
    }
}

static void a_descriptor_is_there_when_the_row_says_so(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf payload = BUF_INIT;

    for (size_t i = 0; i < n_rows; i++) {
        struct message m = make_message(&table[i], 0, true), back;

        buf_clear(&payload);
        assert_int_equal(message_encode(&m, &payload), 0);
        assert_int_equal(decode(payload.data, payload.size, !table[i].has_fd,
                                one_of(table[i].senders), one_of(table[i].receivers), &back),
                         -EPROTO);
    }
}

static void a_refused_message_leaves_the_answer_untouched(void **state UNUSED)
{
    struct message m, was;

    memset(&m, 0x5a, sizeof(m));
    was = m;
    assert_int_equal(decode("\x92\x03\xc3\x00", 4, false, ROLE_SUPERVISOR, ROLE_INTAKE, &m),
                     -EPROTO);
    assert_memory_equal(&m, &was, sizeof(m));
}

static void every_truncation_is_refused(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf payload = BUF_INIT;

    for (size_t i = 0; i < n_rows; i++)
        for (unsigned variant = 0; variant < N_VARIANTS; variant++) {
            struct message m = make_message(&table[i], variant, true), back;

            buf_clear(&payload);
            assert_int_equal(message_encode(&m, &payload), 0);
            for (size_t n = 0; n < payload.size; n++)
                assert_int_equal(decode(payload.data, n, table[i].has_fd, one_of(table[i].senders),
                                        one_of(table[i].receivers), &back),
                                 -EPROTO);
        }
}

/* ---- mutations ---- */

static uint64_t seed = 20261120;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Changes, removes or inserts a byte. */
static size_t mutate(char *bytes, size_t n)
{
    static const unsigned char heads[] = {0x90, 0xc0, 0xc2, 0xc4, 0xc6, 0xca, 0xcc, 0xcf,
                                          0xd0, 0xd3, 0xd9, 0xdb, 0xdc, 0xdd, 0xe0, 0xff};
    size_t at = next_random() % (n + 1);
    unsigned what = next_random() % 8;

    if (what == 0 && n > 1 && at < n) {
        memmove(bytes + at, bytes + at + 1, n - at - 1);
        return n - 1;
    }
    if (what == 1) {
        memmove(bytes + at + 1, bytes + at, n - at);
        bytes[at] = (char)next_random();
        return n + 1;
    }
    if (at < n)
        bytes[at] = (char)(what < 5 ? heads[next_random() % sizeof(heads)] : next_random());
    return n;
}

/* What is taken can be said again and means the same. */
static void check_taken(const struct message *m, const struct row *row)
{
    CLEANUP(buf_done) struct buf again = BUF_INIT;
    struct message back;

    assert_non_null(row);
    assert_int_equal(message_encode(m, &again), 0);
    assert_int_equal(message_decode(again.data, again.size, row->has_fd, one_of(row->senders),
                                    one_of(row->receivers), &back),
                     0);
    assert_true(messages_are_equal(row, m, &back));
}

static void a_mutated_message_is_refused_or_is_one(void **state UNUSED)
{
    CLEANUP(buf_done) struct buf payload = BUF_INIT;
    unsigned taken = 0;

    for (unsigned round = 0; round < 200000; round++) {
        const struct row *row = &table[next_random() % n_rows];
        struct message m = make_message(row, (unsigned)(next_random() % 100), true), back;
        unsigned mutations = 1 + next_random() % 4;
        char bytes[1024], *memory;
        size_t n;
        int r;

        buf_clear(&payload);
        assert_int_equal(message_encode(&m, &payload), 0);
        n = payload.size;
        assert_true(n < sizeof(bytes) - 8);
        memcpy(bytes, payload.data, n);
        while (mutations-- > 0)
            n = mutate(bytes, n);
        memory = malloc(n);
        memcpy(memory, bytes, n);
        r = message_decode(memory, n, row->has_fd, one_of(row->senders), one_of(row->receivers),
                           &back);
        if (r == 0)
            check_taken(&back, row_of(back.type));
        else
            assert_int_equal(r, -EPROTO);
        taken += r == 0;
        free(memory);
    }
    assert_in_range(taken, 1000, 150000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_array_has_exactly_its_fields),
        cmocka_unit_test(it_is_an_array),
        cmocka_unit_test(its_number_has_a_row),
        cmocka_unit_test(a_flag_is_a_boolean),
        cmocka_unit_test(an_unsigned_number_is_one),
        cmocka_unit_test(a_signed_number_is_one),
        cmocka_unit_test(text_is_text),
        cmocka_unit_test(lengths_are_of_bytes_that_are_there),
        cmocka_unit_test(bytes_are_bytes),
        cmocka_unit_test(only_the_rows_sender_and_receiver),
        cmocka_unit_test(a_descriptor_is_there_when_the_row_says_so),
        cmocka_unit_test(a_refused_message_leaves_the_answer_untouched),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_mutated_message_is_refused_or_is_one),
    };

    return cmocka_run_group_tests(tests, read_table, NULL);
}
