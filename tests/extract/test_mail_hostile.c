/* test_mail_hostile.c - no message or mailbox crashes, hangs or breaks a bound, whatever it is made
 * of (read_bytes() checks what holds always). What would take time that grows with the square of
 * its size would make this program run into its time limit. */
#include "support.h"

static const char *const names[] = {
    "everything.eml",       "forwarded.eml", "parameters.eml", "words.eml",
    "quoted-printable.eml", "base64.eml",    "digest.eml",     "flowed.eml",
    "enriched.eml",         "page.mht",      "box.mbox",       "charset-iso-2022-jp.eml",
};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

static char bytes[64 * 1024];

static size_t load(const char *name)
{
    char path[1000];
    FILE *file;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/mail/%s", getenv("FIXTURES"), name);
    file = fopen(path, "rb");
    assert_non_null(file);
    n = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    assert_in_range(n, 1, sizeof(bytes) - 1);
    return n;
}

static void truncations_at_every_byte(void **state)
{
    size_t n;

    (void)state;
    for (size_t i = 0; i < N_NAMES; i++) {
        n = load(names[i]);
        for (size_t size = 0; size <= n; size += n > 1000 ? 7 : 2) {
            read_bytes(names[i], bytes, size);
            read_head("a.eml", bytes, size, true);
            assert_true(out.truncated);
        }
    }
}

static void random_mutations(void **state)
{
    size_t n, from, length;

    (void)state;
    srandom(1);
    for (unsigned round = 0; round < 3000; round++) {
        n = load(names[round % N_NAMES]);
        for (unsigned i = 0; i < 1 + round % 7; i++)
            bytes[(size_t)random() % n] = (char)random();
        if (round % 3 == 0) { /* and a piece of it moves */
            from = (size_t)random() % n;
            length = (size_t)random() % (n - from);
            memmove(bytes + (size_t)random() % (n - length), bytes + from, length);
        }
        read_head(round % 5 ? "a.eml" : names[round % N_NAMES], bytes, n, round % 11 == 0);
    }
}

static char *join(const char *head, char *middle, const char *tail)
{
    char *text = allocate(strlen(head) + strlen(middle) + strlen(tail) + 1);

    (void)sprintf(text, "%s%s%s", head, middle, tail);
    free(middle);
    return text;
}

static void twenty_thousand_multiparts_inside_each_other(void **state)
{
    char *text = allocate(4u << 20), *at = text;

    (void)state;
    at += sprintf(at, "From: a@b.example\n");
    for (unsigned i = 0; i < 20000; i++)
        at += sprintf(at, "Content-Type: multipart/mixed; boundary=b%u\n\n--b%u\n", i, i);
    (void)sprintf(at, "\ndeep\n");
    read_text("a.eml", text);
    assert_true(out.truncated);
    assert_string_equal(out.media_type, "message/rfc822");
    free(text);
}

static void messages_inside_each_other_end_at_the_bound(void **state)
{
    char *text = join("From: a@b.example\n",
                      repeat("Content-Type: message/rfc822\n\nFrom: x@y\n", 20000), "\ndeep\n");

    (void)state;
    read_text("a.eml", text);
    assert_int_equal(n_seen, 8);
    free(text);
}

static void a_hundred_thousand_parts_are_bounded(void **state)
{
    char *text = join("From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n",
                      repeat("--x\nContent-Type: a/b\n\ny\n", 100000), "--x--\n");

    (void)state;
    read_text("a.eml", text);
    assert_true(out.truncated);
    assert_string_equal(meta("parts_limit"), "\"count\"");
    assert_int_equal(n_seen, 10000);
    free(text);

    text = join("From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n",
                repeat("--x\n\ny\n", 100000), "--x--\n");
    read_text("a.eml", text);
    assert_true(out.truncated);
    assert_true(out.body.size < 100000);
    free(text);
}

static void alternatives_inside_alternatives_are_read_once(void **state)
{
    char *text = allocate(1u << 20), *at = text;

    (void)state;
    at += sprintf(at, "From: a@b.example\nContent-Type: multipart/alternative; boundary=b0\n\n");
    for (unsigned i = 0; i < 90; i++)
        at += sprintf(at,
                      "--b%u\n\ntext\n--b%u\nContent-Type: text/html\n\n<p>html\n"
                      "--b%u\nContent-Type: multipart/alternative; boundary=b%u\n\n",
                      i, i, i, i + 1);
    read_text("a.eml", text);
    assert_non_null(strstr(body(), "text"));
    free(text);
}

/* Each is a megabyte or more of one kind. */
static void megabytes_of_one_kind(void **state)
{
    static const struct {
        const char *head, *repeated, *tail;
        size_t n;
    } cases[] = {
        {"From: a@b.example\n", "X-A: b\n", "\nbody", 1000000},
        {"From: a@b.example\nSubject: ", "x", "\n\nbody", 4000000},
        {"From: a@b.example\nSubject: x\n", " y\n", "\nbody", 1000000},
        {"From: a@b.example\nTo: ", "\"a\" <b@c>, ", "\n\nbody", 400000},
        {"From: a@b.example\nSubject: ", "=?utf-8?Q?a?= ", "\n\nbody", 200000},
        {"From: a@b.example\nSubject: ", "=?utf-8?Q?", "\n\nbody", 200000},
        {"From: a@b.example\nSubject: ", "=?", "\n\nbody", 1000000},
        {"From: a@b.example\nSubject: ", "=?koi8-r?B?4Q?= =?big5?Q?b?=", "\n\nbody", 50000},
        {"From: a@b.example\nContent-Type: multipart/mixed", "; boundary=x", "\n\n--x\n", 200000},
        {"From: a@b.example\nContent-Type: a/b", "; name*0*=x", "\n\nbody", 200000},
        {"From: a@b.example\nContent-Type: a/b; name=\"", "\\\"", "\n\nbody", 500000},
        {"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n", "--\n", "", 400000},
        {"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n", "--x", "", 400000},
        {"From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n", "-", "", 1000000},
        {"From: a@b.example\nContent-Type: multipart/mixed\n\n", "--y\n", "", 200000},
        {"From: a@b.example\nReferences:", " <a@b>", "\n\nbody", 500000},
        {"From: a@b.example\nContent-Transfer-Encoding: quoted-printable\n\n", "=", "", 800000},
        {"From: a@b.example\nContent-Transfer-Encoding: quoted-printable\n\n", "=\n", "", 400000},
        {"From: a@b.example\nContent-Transfer-Encoding: base64\n\n", "YQ==\n", "", 200000},
        {"From: a@b.example\nContent-Transfer-Encoding: base64\n\n", "=\n\n", "", 200000},
        {"From: a@b.example\nContent-Transfer-Encoding: x-uue\n\n", "M\n", "", 400000},
        {"From: a@b.example\nContent-Type: text/enriched\n\n", "<", "", 200001},
        {"From: a@b.example\nContent-Type: text/enriched\n\n", "<param>", "", 200000},
        {"From: a@b.example\nContent-Type: text/plain; format=flowed\n\n", "> \n", "", 200000},
        {"From: a@b.example\nContent-Type: text/plain; format=flowed\n\n", ">", "", 800000},
        {"From: a@b.example\nContent-Type: text/html\n\n", "<a<", "", 300000},
        {"From: a@b.example\nContent-Type: text/plain; charset=utf-7\n\n", "+", "", 400000},
        {"From: a@b.example\nDate: ", "(", "\n\nbody", 1000000},
        {"From a@b Thu Feb 29 13:05:00 2024\nFrom: a@b\n\n", "\nFrom 1:1 1\n", "", 200000},
        {"From a@b Thu Feb 29 13:05:00 2024\nFrom: a@b\n\n", "\n>", "", 400000},
        {"From a@b Thu Feb 29 13:05:00 2024\nFrom: a@b\n\n", ">From ", "", 300000},
        {"From a@b Thu Feb 29 13:05:00 2024\nFrom: a@b\n\n", "From \n", "", 300000},
        {"", "From - \nX-Y: z\n", "", 100000},
    };
    char *text;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text = join(cases[i].head, repeat(cases[i].repeated, cases[i].n), cases[i].tail);
        read_text("a.eml", text);
        assert_string_equal(out.media_type, "message/rfc822");
        read_text("a.mbox", text);
        free(text);
    }
}

static void a_mailbox_of_very_many_messages_is_bounded(void **state)
{
    char *text = join(
        "", repeat("From a@b Thu Feb 29 13:05:00 2024\nFrom: a@b\nSubject: s\n\nx\n\n", 30000), "");

    (void)state;
    read_text("a", text);
    assert_string_equal(meta("message_count"), "30000");
    assert_int_equal(n_seen, 10000);
    assert_true(out.truncated);
    free(text);
}

/* Names and values are cut, not multiplied. */
static void metadata_is_bounded(void **state)
{
    char *name = repeat("\xc3\xa9", 30000), *text = allocate(4u << 20), *at = text;

    (void)state;
    at +=
        sprintf(at, "From: %s <a@b.example>\nContent-Type: multipart/mixed; boundary=x\n\n", name);
    for (unsigned i = 0; i < 30; i++)
        at += sprintf(at, "--x\nContent-Type: a/b; name=\"%s\"\n\ny\n", name);
    read_text("a.eml", text);
    assert_int_equal(n_seen, 30);
    assert_true(strlen(meta("from")) <= 2002);
    assert_true(strlen(seen[0].path) <= 1000);
    free(text);
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncations_at_every_byte),
        cmocka_unit_test(random_mutations),
        cmocka_unit_test(twenty_thousand_multiparts_inside_each_other),
        cmocka_unit_test(messages_inside_each_other_end_at_the_bound),
        cmocka_unit_test(a_hundred_thousand_parts_are_bounded),
        cmocka_unit_test(alternatives_inside_alternatives_are_read_once),
        cmocka_unit_test(megabytes_of_one_kind),
        cmocka_unit_test(a_mailbox_of_very_many_messages_is_bounded),
        cmocka_unit_test(metadata_is_bounded),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
