/* learn.c - the lexicon: what the database makes of words, asked once, so that workers can make
 * search vectors (search/lexicon.h).
 *
 * At boot the text search configurations that documents get are looked up (store/dictionaries.h).
 * Of those whose parser is PostgreSQL's own, whose dictionaries judge each word by itself, and whose
 * vector of a sample text is that of to_tsvector(), workers are given a lexicon; of the others, and
 * whenever an answer cannot be had, the database makes the vector of the document itself.
 *
 * Most of what a lexicon lacks is found out for whole batches (drafts.c). What workers must know at
 * once they ask for; all that has come is asked together, one request at a time. A lexicon that is
 * full is replaced by an empty one, which soon has again what is in use.
 */
#include "pool/pool.h"
#include "search/questions.h"
#include "store/lesson.h"

#include <fcntl.h>
#include <stdlib.h>

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
    size_t bytes = (size_t)pool_setting(p, SETTING_LEXICON_BYTES);
    struct lexicon *l;
    int r = dictionaries_lexicon(&p->dictionaries, bytes, &l);

    if (r < 0) {
        log_error("lexicon.full", F_ERR(r));
        return;
    }
    p->lexicon = lexicon_free(p->lexicon);
    p->lexicon = l;
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
        if (!question.is_page && p->dictionaries.chains[question.chain].n == 0)
            return -EPROTO;
        if (lesson_add(l, p->lexicon, &question) < 0)
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

int learn_run(struct work *w, struct lesson *l, conn_done *done)
{
    struct params *params[LEXICON_MAX_CHAINS] = {NULL};
    struct statement statements[LEXICON_MAX_CHAINS];
    unsigned n = 0;

    lesson_sort(l);
    for (; n < l->n_asked && (params[n] = params_new()); n++)
        statements[n] = (struct statement){
            .sql = lesson_fill(l, &w->pool->dictionaries, l->asked[n], params[n]),
            .params = params[n]};
    if (n == l->n_asked)
        work_run(w, statements, n, done);
    for (unsigned i = 0; i < n; i++)
        (void)params_free(params[i]);
    return n == l->n_asked ? 0 : -ENOMEM;
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
        has_room = lesson_take_all(&l->lesson, p->lexicon, results);
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
    else if (learn_run(w, &l->lesson, on_learned) < 0)
        end_learning(l, false);
}

/* ---- boot ---- */

static void tell_left(const char *config, const char *reason)
{
    log_info("lexicon.off", F_STR("config", config), F_STR("reason", reason),
             F_STR("consequence", "the database makes the search vectors"));
}

void learn_boot(struct pool *p, struct session *s)
{
    size_t bytes = (size_t)pool_setting(p, SETTING_LEXICON_BYTES);
    struct reason why = {""};

    p->lexicon = lexicon_free(p->lexicon);
    if (dictionaries_open(s, &p->dictionaries, bytes, &p->lexicon, &why) != 0) {
        tell_left(settings_text(&p->base.settings, SETTING_TEXT_CONFIG), why.text);
        return;
    }
    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        if (p->dictionaries.configs[i].state == CONFIG_LEFT)
            tell_left(p->dictionaries.configs[i].name, p->dictionaries.configs[i].why);
    welcome_all(p);
}

void learn_init(struct pool *p)
{
    TAILQ_INIT(&p->inquiries);
}
