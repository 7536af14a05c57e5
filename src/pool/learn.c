/* learn.c - the lexicon: what the database makes of words, asked once, so that workers can make
 * search vectors (search/lexicon.h).
 *
 * At boot the text search configuration is looked up. When its parser is PostgreSQL's own and its
 * dictionaries judge each word by itself, a lexicon is made, and a sample text is held against
 * to_tsvector(). Only when both vectors are the same are workers given the lexicon; otherwise, and
 * whenever an answer cannot be had, the database makes the vector of the document itself.
 *
 * Most of what a lexicon lacks is found out for whole batches (drafts.c). What workers must know at
 * once they ask for; all that has come is asked together, one request at a time. A lexicon that is
 * full is replaced by an empty one, which soon has again what is in use.
 */
#include "pool/lesson.h"
#include "search/questions.h"
#include "sql.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define MAX_QUESTIONS 20000u /* of one request; what a worker asks is never divided */

/* What one worker asked. */
struct inquiry {
    TAILQ_ENTRY(inquiry) next;
    struct worker_link *worker;
    unsigned generation; /* of the worker's link */
    struct frame *frame; /* holds the list */
    struct bytes list;
};

struct learning {
    struct work work;
    struct inquiry_list inquiries;
    struct lesson lesson;
    unsigned losses;
};

static void begin_learning(struct work *w);
static const struct work_kind learn_kind = {
    .name = "lexicon", .is_minor = true, .begin = begin_learning};

/* ---- the lexicon itself ---- */

static int make_lexicon(struct pool *p)
{
    struct lexicon *l;
    int r = lexicon_new((size_t)pool_setting(p, SETTING_LEXICON_BYTES), &l);

    if (r < 0)
        return r;
    for (unsigned type = 0; type < TOKEN_N_TYPES; type++)
        lexicon_set_chain(l, (enum token_type)type, p->token_chains[type],
                          p->chains[p->token_chains[type]].flags);
    p->lexicon = lexicon_free(p->lexicon);
    p->lexicon = l;
    return 0;
}

void learn_welcome(struct pool *p, struct peer *worker)
{
    const struct message m = {.type = MESSAGE_LEXICON};
    int fd;

    if (!p->lexicon)
        return;
    fd = fcntl(lexicon_fd(p->lexicon), F_DUPFD_CLOEXEC, 0);
    if (fd >= 0)
        peer_send(worker, &m, fd);
}

static void welcome_all(struct pool *p)
{
    for (size_t i = 0; i < STATS_MAX_WORKERS; i++)
        if (p->workers[i].peer)
            learn_welcome(p, p->workers[i].peer);
}

void learn_replace(struct pool *p)
{
    int r = make_lexicon(p);

    if (r < 0) {
        log_error("lexicon.full", F_ERR(r));
        return;
    }
    log_info("lexicon.replaced", F_STR("reason", "it was full"));
    welcome_all(p);
}

/* ---- workers ask ---- */

void learn_ask(struct pool *p, struct worker_link *w, const struct message_questions *m,
               struct frame *frame)
{
    struct inquiry *q = calloc(1, sizeof(*q));

    if (!q) {
        pool_give_up(p);
        return;
    }
    *q = (struct inquiry){
        .worker = w, .generation = w->generation, .frame = frame_ref(frame), .list = m->list};
    TAILQ_INSERT_TAIL(&p->inquiries, q, next);
    lanes_kick(p);
}

static void answer(struct inquiry *q, bool known)
{
    const struct message m = {.type = MESSAGE_ANSWERED, .answered = {.known = known}};

    if (q->worker->peer && q->worker->generation == q->generation)
        peer_send(q->worker->peer, &m, -1);
    (void)frame_unref(q->frame);
    free(q);
}

static void end_learning(struct learning *l, bool known)
{
    struct inquiry *q;

    l->work.pool->learning = false;
    work_end(&l->work);
    while ((q = TAILQ_FIRST(&l->inquiries))) {
        TAILQ_REMOVE(&l->inquiries, q, next);
        answer(q, known);
    }
    lesson_done(&l->lesson);
    free(l);
}

bool learn_ready(const struct pool *p)
{
    return !p->learning && !TAILQ_EMPTY(&p->inquiries);
}

/* 0; -EPROTO for a list that no worker of ours sends; -ENOMEM. */
static int add_inquiry(struct pool *p, struct lesson *l, const struct inquiry *q)
{
    struct bytes rest = q->list;
    struct vector_question question;
    int r;

    while ((r = questions_next(&rest.at, &rest.n, &question)) == 0) {
        if (!question.is_page && p->chains[question.chain].n_dictionaries == 0)
            return -EPROTO;
        if (lesson_add(p, l, &question) < 0)
            return -ENOMEM;
    }
    return r < 0 ? r : 0;
}

struct work *learn_take(struct pool *p)
{
    struct learning *l = calloc(1, sizeof(*l));
    struct inquiry *q;

    if (!l)
        return NULL;
    work_init(&l->work, p, &learn_kind);
    TAILQ_INIT(&l->inquiries);
    while (l->lesson.n < MAX_QUESTIONS && (q = TAILQ_FIRST(&p->inquiries))) {
        size_t before = l->lesson.n;

        TAILQ_REMOVE(&p->inquiries, q, next);
        if (p->lexicon && add_inquiry(p, &l->lesson, q) == 0) {
            TAILQ_INSERT_TAIL(&l->inquiries, q, next);
        } else {
            l->lesson.n = before;
            answer(q, false);
        }
    }
    p->learning = true;
    return &l->work;
}

/* Whatever stands in the way, the documents need not wait: the database makes their vectors. */
static void on_learned(void *user, struct conn *c, struct rows *const *results, size_t n,
                       const struct db_failure *failure)
{
    struct learning *l = user;
    struct pool *p = l->work.pool;
    bool has_room = true;

    if (failure->class == SQLSTATE_LOST && ++l->losses < LESSON_MAX_LOSSES) {
        work_again(&l->work, failure);
        return;
    }
    if (failure->class == SQLSTATE_OK)
        has_room = lesson_take_all(p, &l->lesson, results);
    else
        log_warn("lexicon.refused", F_STR("sqlstate", failure->sqlstate),
                 F_STR("reason", failure->text));
    if (!has_room)
        learn_replace(p);
    end_learning(l, has_room && failure->class == SQLSTATE_OK);
}

static void begin_learning(struct work *w)
{
    struct learning *l = (struct learning *)w;

    if (l->lesson.n == 0)
        end_learning(l, true);
    else if (lesson_run(w, &l->lesson, on_learned) < 0)
        end_learning(l, false);
}

/* ---- boot ---- */

/* Something of each kind of token, in several scripts. */
static const char sample[] =
    "The quick brown foxes are jumping over 12 lazy dogs' up-to-date e-mails; don't rock'n'roll! "
    "Écoles naïves, Straße ÜBER ΛΟΓΟΣ привет МИР 東京 \u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 नमस्ते "
    "http://www.example.com/a/b.html?c=d#e user.name@example.org example.com:8080/x /usr/share/doc "
    "a.tar.gz ~/x ../y -7 +2.5 1e-5 3.14 8.3.0 &amp; &#65; <b title=\"x\">bold</b> <!-- no --> x_y "
    "foo-bar-baz foo-12 1st 2nd-hand ISTANBUL İstanbul ﬁne ½ ٣٤ x\u0301y\u00a0z";

struct examination {
    struct pool *pool;
    struct lesson lesson;
};

static void note_question(void *user, const struct vector_question *q)
{
    struct examination *e = user;

    (void)!lesson_add(e->pool, &e->lesson, q); /* without memory the sample differs: enough */
}

static int ask_now(struct pool *p, struct session *s, const struct lesson *l, unsigned chain)
{
    struct params *params = params_new();
    struct db_failure failure;
    struct rows *rows = NULL;
    int r;

    if (!params)
        return -ENOMEM;
    r = session_run(s, lesson_fill(p, l, chain, params), params, &rows, &failure);
    if (r == 0 && !lesson_take(p, l, chain, rows))
        r = -ENOSPC;
    (void)rows_free(rows);
    (void)params_free(params);
    return r;
}

/* The vector of the sample as workers would make it. 0 or not. */
static int make_sample(struct pool *p, struct session *s, struct vector *v, struct buf *ret)
{
    struct examination e = {.pool = p};
    enum vector_extent extent;
    int r;

    vector_begin(v, p->lexicon, sample, strlen(sample));
    do {
        e.lesson.n = 0;
        r = vector_missing(v, note_question, &e);
        lesson_sort(&e.lesson);
        for (unsigned i = 0; i < e.lesson.n_asked && r >= 0; i++)
            if (ask_now(p, s, &e.lesson, e.lesson.asked[i]) != 0)
                r = -EIO;
    } while (r > 0);
    lesson_done(&e.lesson);
    return r < 0 ? r : vector_build(v, ret, &extent, NULL, NULL);
}

static bool is_sample_right(struct pool *p, struct session *s)
{
    const char *config = settings_text(&p->base.settings, SETTING_TEXT_CONFIG);
    struct params *params = params_new();
    struct vector *v = vector_new();
    struct buf ours = BUF_INIT;
    struct rows *rows = NULL;
    struct db_failure failure;
    bool is_right = false;

    if (params && v && make_sample(p, s, v, &ours) == 0) {
        params_add_text(params, config, strlen(config));
        params_add_text(params, sample, strlen(sample));
        if (session_run(s, sql_lexicon_sample, params, &rows, &failure) == 0) {
            size_t n = 0;
            const char *theirs = rows_bytes(rows, 0, 0, &n);

            is_right = n == ours.size && memcmp(theirs, ours.data, n) == 0;
        }
    }
    (void)rows_free(rows);
    (void)params_free(params);
    (void)vector_free(v);
    buf_done(&ours);
    return is_right;
}

/* A list such as {13261,3765}. */
static bool read_dictionaries(struct chain *c, const char *list)
{
    char *end;

    c->n_dictionaries = 0;
    while (*list == '{' || *list == ',') {
        if (c->n_dictionaries == CHAIN_MAX_DICTIONARIES)
            return false;
        c->dictionaries[c->n_dictionaries++] = (int64_t)strtoul(list + 1, &end, 10);
        list = end;
    }
    return c->n_dictionaries > 0;
}

/* NULL; or why the database has to make the vectors. */
static const char *take_chains(struct pool *p, const struct rows *rows)
{
    for (size_t i = 0; i < rows_count(rows); i++) {
        int64_t type = rows_int(rows, i, 0), chain = rows_int(rows, i, 1);
        struct chain *c;

        if (!rows_bool(rows, i, 5))
            return "its parser is not PostgreSQL's own, or a dictionary looks at more than a word";
        if (type < 1 || type >= TOKEN_N_TYPES || chain < 1 || chain >= LEXICON_MAX_CHAINS)
            return "it has too many lists of dictionaries";
        c = &p->chains[chain];
        p->token_chains[type] = (uint8_t)chain;
        c->flags =
            (rows_bool(rows, i, 3) ? CHAIN_PLAIN : 0) | (rows_bool(rows, i, 4) ? CHAIN_TOTAL : 0);
        if (!read_dictionaries(c, rows_bytes(rows, i, 2, NULL)))
            return "a list of its dictionaries is too long";
    }
    return NULL;
}

static const char *load_chains(struct pool *p, struct session *s)
{
    const char *config = settings_text(&p->base.settings, SETTING_TEXT_CONFIG);
    struct params *params = params_new();
    struct rows *rows = NULL;
    struct db_failure failure;
    const char *why = "it cannot be looked up";

    if (params) {
        params_add_text(params, config, strlen(config));
        if (session_run(s, sql_lexicon_chains, params, &rows, &failure) == 0)
            why = take_chains(p, rows);
    }
    (void)rows_free(rows);
    (void)params_free(params);
    return why;
}

void learn_boot(struct pool *p, struct session *s)
{
    const char *why = load_chains(p, s);

    if (!why && make_lexicon(p) < 0)
        why = "the memory for a lexicon cannot be had";
    if (!why && !is_sample_right(p, s))
        why = "a sample text got another vector from the database";
    if (!why) {
        welcome_all(p);
        return;
    }
    p->lexicon = lexicon_free(p->lexicon);
    log_info("lexicon.off", F_STR("config", settings_text(&p->base.settings, SETTING_TEXT_CONFIG)),
             F_STR("reason", why), F_STR("consequence", "the database makes the search vectors"));
}

void learn_init(struct pool *p)
{
    TAILQ_INIT(&p->inquiries);
}
