/* A document that comes with its sidecar. */
#include "common.h"

/* Takes the descriptor over. */
static void give_sidecar(struct worker *w, uint64_t token, int fd)
{
    struct stat st;
    struct message m = {.type = MESSAGE_SIDECAR};

    assert_int_equal(fstat(fd, &st), 0);
    m.sidecar = (struct message_sidecar){.token = token, .size = (uint64_t)st.st_size};
    say_fd(&w->intake, &m, fd);
    fd_close(fd);
}

static void give_pair(struct worker *w, uint64_t token, const char *text, const char *sidecar)
{
    give_sidecar(w, token, make_document(w, "a.txt.meta.json", sidecar, strlen(sidecar)));
    give(w, token, make_document(w, "a.txt", text, strlen(text)), "a.txt", false);
}

static void assert_silent(struct worker *w)
{
    struct pollfd pool = {.fd = w->pool.fd, .events = POLLIN};

    assert_int_equal(poll(&pool, 1, 50), 0);
}

static struct message done_with(struct worker *w, uint64_t token)
{
    struct message m = hear(&w->intake, MESSAGE_DONE);

    assert_int_equal(m.done.token, token);
    return m;
}

static void its_word_goes_into_the_result(void **state)
{
    struct worker *w = *state;
    struct message m;

    make_ready(w);
    give_pair(w, 1, "text",
              "{\"id\": 7, \"title\": \"Told\", \"language\": \"fi\", \"tags\": [\"A\"]}");
    m = hear(&w->pool, MESSAGE_RESULT);
    assert_true(m.result.has_sidecar);
    assert_true(bytes_equal_str(m.result.external_id, "7"));
    assert_true(bytes_equal_str(m.result.title, "Told"));
    assert_true(bytes_equal_str(m.result.language, "fi"));
    assert_true(bytes_equal_str(m.result.body, "text"));
    assert_non_null(memmem(m.result.metadata.at, m.result.metadata.n, "\"tags\":[\"a\"]", 12));
    assert_sha256(m.result.sha256, "text", 4);
    assert_int_equal(done_with(w, 1).done.refusal.n, 0);
}

static void it_is_for_one_document_only(void **state)
{
    struct worker *w = *state;
    struct message m;

    make_ready(w);
    give_pair(w, 1, "text", "{\"id\": 7, \"title\": \"Told\"}");
    (void)hear(&w->pool, MESSAGE_RESULT);
    give(w, 2, make_document(w, "b.txt", "other", 5), "b.txt", false);
    m = hear(&w->pool, MESSAGE_RESULT);
    assert_false(m.result.has_sidecar);
    assert_int_equal(m.result.external_id.n + m.result.title.n, 0);
}

static void a_wrong_one_is_refused_and_the_worker_goes_on(void **state)
{
    struct worker *w = *state;
    struct message m;

    make_ready(w);
    give_pair(w, 1, "text", "{\"tags\": 5}");
    m = done_with(w, 1);
    assert_false(m.done.changed);
    assert_true(bytes_equal_str(m.done.refusal, "member \"tags\": a list of texts is expected"));
    assert_silent(w);
    give_pair(w, 2, "text", "{}");
    assert_true(hear(&w->pool, MESSAGE_RESULT).result.has_sidecar);
}

static void a_large_one_is_refused_by_its_size(void **state)
{
    struct worker *w = *state;
    char *large = calloc(1, 200001);

    memset(large, ' ', 200000);
    large[0] = '{';
    large[199999] = '}';
    make_ready(w);
    give_pair(w, 1, "text", large);
    assert_true(bytes_equal_str(done_with(w, 1).done.refusal, "it has more than 65536 bytes"));
    assert_silent(w);
    free(large);
}

static void one_that_changed_is_as_if_its_document_had(void **state)
{
    struct worker *w = *state;
    const struct message m = {.type = MESSAGE_SIDECAR, .sidecar = {.token = 1, .size = 3}};
    int fd;

    make_ready(w);
    fd = make_document(w, "a.txt.meta.json", "{}", 2); /* 3 bytes were told */
    say_fd(&w->intake, &m, fd);
    fd_close(fd);
    give(w, 1, make_document(w, "a.txt", "text", 4), "a.txt", false);
    assert_true(done_with(w, 1).done.changed);
    assert_silent(w);
}

static void one_whose_document_cannot_be_read_is_forgotten(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    give_sidecar(w, 1, make_document(w, "a.txt.meta.json", "{}", 2));
    give(w, 1, open(w->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "folder", false);
    assert_int_equal(done_with(w, 1).done.read_errno, EISDIR);
    give_pair(w, 2, "text", "{}");
    assert_true(hear(&w->pool, MESSAGE_RESULT).result.has_sidecar);
}

static void one_for_another_document_ends_it(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    give_sidecar(w, 2, make_document(w, "a.txt.meta.json", "{}", 2));
    give(w, 1, make_document(w, "a.txt", "text", 4), "a.txt", false);
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

static void two_without_a_document_end_it(void **state)
{
    struct worker *w = *state;

    make_ready(w);
    give_sidecar(w, 1, make_document(w, "a.txt.meta.json", "{}", 2));
    give_sidecar(w, 1, make_document(w, "a.txt.meta.json", "{}", 2));
    assert_int_equal(exit_code_of(w), WORKER_EXIT_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORKER(its_word_goes_into_the_result),
        WITH_WORKER(it_is_for_one_document_only),
        WITH_WORKER(a_wrong_one_is_refused_and_the_worker_goes_on),
        WITH_WORKER(a_large_one_is_refused_by_its_size),
        WITH_WORKER(one_that_changed_is_as_if_its_document_had),
        WITH_WORKER(one_whose_document_cannot_be_read_is_forgotten),
        WITH_WORKER(one_for_another_document_ends_it),
        WITH_WORKER(two_without_a_document_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
