/* What a worker makes of documents, and what ends it. */
#include "common.h"

#include <fcntl.h>

static struct message result_of(struct worker *w, uint64_t token)
{
    struct message m = hear(&w->pool, MESSAGE_RESULT);

    assert_int_equal(m.result.token, token);
    assert_int_equal(m.result.job, token + 1000);
    assert_int_equal(m.result.nonce, token + 2000);
    return m;
}

/* The worker has finished the document, and wants another. */
static struct message done_with(struct worker *w, uint64_t token)
{
    struct message m = hear(&w->intake, MESSAGE_DONE);

    assert_int_equal(m.done.token, token);
    return m;
}

static void it_wants_two_documents_once_it_has_its_settings(void **state)
{
    struct worker *w = *state;
    struct pollfd fd = {.fd = w->intake.fd, .events = POLLIN};

    greet(w);
    say_setting(w, "PENSTOCK_MAX_TEXT_BYTES", "2048");
    assert_int_equal(poll(&fd, 1, 100), 0);
    say_start(w);
    hear_wants(w);
    assert_int_equal(poll(&fd, 1, 100), 0);
}

static void a_text_becomes_a_result(void **state)
{
    static const char text[] = "Dear reader,\n\nthis is plain text.\n";
    struct worker *w = *state;
    struct message m;

    make_ready(w);
    give(w, 1, make_document(w, "a.txt", text, strlen(text)), "a.txt", false);
    m = result_of(w, 1);
    assert_true(m.result.supported);
    assert_true(bytes_equal_str(m.result.media_type, "text/plain"));
    assert_int_equal(m.result.byte_size, strlen(text));
    assert_sha256(m.result.sha256, text, strlen(text));
    assert_non_null(memmem(m.result.body.at, m.result.body.n, "this is plain text.", 19));
    m = done_with(w, 1);
    assert_false(m.done.changed);
    assert_int_equal(m.done.read_errno, 0);
    assert_sha256(m.done.sha256, text, strlen(text));
}

static void html_loses_its_markup(void **state)
{
    static const char html[] =
        "<!DOCTYPE html><html lang=\"de\"><head><title>Ein Titel</title>"
        "<script>var no = 1;</script></head><body><p>Viel <b>Text</b>.</p></body></html>";
    struct worker *w = *state;
    struct message m;

    make_ready(w);
    give(w, 1, make_document(w, "a.html", html, strlen(html)), "a.html", false);
    m = result_of(w, 1);
    assert_true(bytes_equal_str(m.result.media_type, "text/html"));
    assert_true(bytes_equal_str(m.result.title, "Ein Titel"));
    assert_true(bytes_equal_str(m.result.language, "de"));
    assert_non_null(memmem(m.result.body.at, m.result.body.n, "Viel Text.", 10));
    assert_null(memmem(m.result.body.at, m.result.body.n, "var no", 6));
    assert_int_equal(m.result.metadata.at[0], '{');
}

static void what_is_no_text_has_none(void **state)
{
    static const char flac[] = "fLaC\0\0\0\x22\x10\0\x10\0";
    struct worker *w = *state;
    struct message m;

    make_ready(w);
    give(w, 1, make_document(w, "a.flac", flac, sizeof(flac)), "a.flac", false);
    m = result_of(w, 1);
    assert_false(m.result.supported);
    assert_true(bytes_equal_str(m.result.media_type, "audio/flac"));
    assert_int_equal(m.result.body.n, 0);
    assert_sha256(m.result.sha256, flac, sizeof(flac));
}

static void an_empty_file_is_a_document(void **state)
{
    struct worker *w = *state;
    struct message m;

    make_ready(w);
    give(w, 1, make_document(w, "a", "", 0), "a", false);
    m = result_of(w, 1);
    assert_int_equal(m.result.byte_size, 0);
    assert_int_equal(m.result.body.n, 0);
    assert_sha256(m.result.sha256, "", 0);
    (void)done_with(w, 1);
}

static void many_documents_in_a_row_do_not_mix(void **state)
{
    struct worker *w = *state;
    char text[64], name[16];

    make_ready(w);
    for (unsigned i = 1; i <= 300; i++) {
        struct message m;

        (void)snprintf(text, sizeof(text), "document number %u\n", i);
        (void)snprintf(name, sizeof(name), "%u.txt", i);
        give(w, i, make_document(w, name, text, strlen(text)), name, false);
        if (i < 2) /* it asked for two, so it is given two */
            continue;
        m = result_of(w, i - 1);
        (void)snprintf(text, sizeof(text), "document number %u", i - 1);
        assert_non_null(memmem(m.result.body.at, m.result.body.n, text, strlen(text)));
        (void)done_with(w, i - 1);
    }
    (void)result_of(w, 300);
}

/* Nobody waits for a large one, here one that does not come to its end. */
static void before_a_large_one_all_is_told(void **state)
{
    struct worker *w = *state;
    struct message m = {.type = MESSAGE_DOCUMENT, .document = {.token = 2, .size = 100 << 10}};
    int ends[2];

    make_ready(w);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(kill(w->pid, SIGSTOP), 0);
    give(w, 1, make_document(w, "a.txt", "text", 4), "a.txt", false);
    m.document.name = bytes_of_str("b.txt");
    say_fd(&w->intake, &m, ends[0]);
    assert_int_equal(kill(w->pid, SIGCONT), 0);
    (void)done_with(w, 1);
    (void)result_of(w, 1);
    fd_close(ends[0]);
    fd_close(ends[1]);
    assert_true(done_with(w, 2).done.changed);
}

static void only_its_hash_is_told_when_that_was_asked(void **state)
{
    struct worker *w = *state;
    struct message m;
    struct pollfd fd = {.fd = w->pool.fd, .events = POLLIN};

    make_ready(w);
    give(w, 1, make_document(w, "a.txt", "text", 4), "a.txt", true);
    m = done_with(w, 1);
    assert_false(m.done.changed);
    assert_sha256(m.done.sha256, "text", 4);
    assert_int_equal(poll(&fd, 1, 50), 0);
}

static void a_document_that_changed_has_no_result(void **state)
{
    struct worker *w = *state;
    struct message m = {.type = MESSAGE_DOCUMENT, .document = {.token = 1, .size = 5}};
    struct pollfd pool = {.fd = w->pool.fd, .events = POLLIN};
    int fd;

    make_ready(w);
    fd = make_document(w, "a.txt", "text", 4); /* 5 bytes were told */
    say_fd(&w->intake, &m, fd);
    fd_close(fd);
    assert_true(done_with(w, 1).done.changed);
    assert_int_equal(poll(&pool, 1, 50), 0);
    give(w, 2, make_document(w, "b.txt", "fine", 4), "b.txt", false);
    (void)result_of(w, 2);
}

static void a_document_that_cannot_be_read_is_told_as_such(void **state)
{
    struct worker *w = *state;
    struct message m;

    make_ready(w);
    give(w, 1, open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "folder", false);
    m = done_with(w, 1);
    assert_int_equal(m.done.read_errno, EISDIR);
    assert_false(m.done.changed);
}

static void text_is_cut_at_its_limit(void **state)
{
    struct worker *w = *state;
    struct message m;
    char *text = malloc(100000);

    memset(text, 'x', 100000);
    for (size_t i = 79; i < 100000; i += 80)
        text[i] = '\n';
    greet(w);
    say_setting(w, "PENSTOCK_MAX_TEXT_BYTES", "2048");
    say_start(w);
    hear_wants(w);
    give(w, 1, make_document(w, "a.txt", text, 100000), "a.txt", false);
    m = result_of(w, 1);
    assert_in_range(m.result.body.n, 1, 2048);
    assert_int_equal(m.result.byte_size, 100000);
    assert_sha256(m.result.sha256, text, 100000);
    free(text);
}

/* ---- what ends it ---- */

static void the_end_of_the_intake_is_an_orderly_end(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    close_end(&w->intake);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_DONE);
}

static void what_it_was_given_before_that_is_finished(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    give(w, 1, make_document(w, "a.txt", "text", 4), "a.txt", false);
    assert_int_equal(shutdown(w->intake.fd, SHUT_WR), 0);
    (void)result_of(w, 1);
    (void)done_with(w, 1);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_DONE);
}

static void the_end_of_the_pool_ends_it(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    close_end(&w->pool);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PEER);
}

static void a_result_without_a_pool_ends_it(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    (void)kill(w->pid, SIGSTOP);
    close_end(&w->pool);
    give(w, 1, make_document(w, "a.txt", "text", 4), "a.txt", false);
    (void)kill(w->pid, SIGCONT);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PEER);
}

static void an_end_before_the_start_is_one_too(void **state)
{
    struct worker *w = *state;

    close_end(&w->intake);
    assert_in_range(exit_code_of(w), WORKER_EXIT_DONE, WORKER_EXIT_PEER);
}

static void nonsense_ends_it(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    say_bytes(&w->intake, "\xc1", 1);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void nonsense_from_the_pool_ends_it(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    say_bytes(&w->pool, "\x91\x1e", 2); /* WANT */
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void a_frame_over_the_cap_ends_it(void **state)
{
    struct worker *w = *state;
    char header[FRAME_HEADER_BYTES];

    make_ready(w);
    frame_put_header(header, WIRE_MAX_BYTES + 1, false);
    assert_int_equal(fd_write_all(w->intake.fd, header, sizeof(header)), 0);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void another_greeting_ends_it(void **state)
{
    const struct message hello = {.type = MESSAGE_HELLO,
                                  .hello = {.version = WIRE_VERSION + 1, .role = ROLE_INTAKE}};
    struct worker *w = *state;

    say(&w->intake, &hello);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void no_greeting_ends_it(void **state)
{
    struct worker *w = *state;

    say_start(w);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void a_document_before_the_start_ends_it(void **state)
{
    struct worker *w = *state;

    greet(w);
    give(w, 1, make_document(w, "a.txt", "text", 4), "a.txt", false);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void a_second_start_ends_it(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    say_start(w);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void a_setting_that_is_refused_ends_it(void **state)
{
    struct worker *w = *state;

    greet(w);
    say_setting(w, "PENSTOCK_MAX_DEPTH", "deep");
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void a_document_without_its_descriptor_ends_it(void **state)
{
    const struct message m = {.type = MESSAGE_DOCUMENT};
    struct worker *w = *state;

    make_ready(w);
    say(&w->intake, &m);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORKER(it_wants_two_documents_once_it_has_its_settings),
        WITH_WORKER(a_text_becomes_a_result),
        WITH_WORKER(html_loses_its_markup),
        WITH_WORKER(what_is_no_text_has_none),
        WITH_WORKER(an_empty_file_is_a_document),
        WITH_WORKER(many_documents_in_a_row_do_not_mix),
        WITH_WORKER(before_a_large_one_all_is_told),
        WITH_WORKER(only_its_hash_is_told_when_that_was_asked),
        WITH_WORKER(a_document_that_changed_has_no_result),
        WITH_WORKER(a_document_that_cannot_be_read_is_told_as_such),
        WITH_WORKER(text_is_cut_at_its_limit),
        WITH_WORKER(the_end_of_the_intake_is_an_orderly_end),
        WITH_WORKER(what_it_was_given_before_that_is_finished),
        WITH_WORKER(the_end_of_the_pool_ends_it),
        WITH_WORKER(a_result_without_a_pool_ends_it),
        WITH_WORKER(an_end_before_the_start_is_one_too),
        WITH_WORKER(nonsense_ends_it),
        WITH_WORKER(nonsense_from_the_pool_ends_it),
        WITH_WORKER(a_frame_over_the_cap_ends_it),
        WITH_WORKER(another_greeting_ends_it),
        WITH_WORKER(no_greeting_ends_it),
        WITH_WORKER(a_document_before_the_start_ends_it),
        WITH_WORKER(a_second_start_ends_it),
        WITH_WORKER(a_setting_that_is_refused_ends_it),
        WITH_WORKER(a_document_without_its_descriptor_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
