/* pool.h - what the files of the pool share.
 *
 *   pool.c     the role: boot, what it hears from supervisor, intake and workers
 *   boot.c     first contact with the database: wait for it, migrate, enroll this node
 *   lanes.c    the connections: opened, closed, and given work by priority
 *   tickets.c  which claims are out, by token
 *   claims.c   claims, in batches
 *   results.c  results, queued and taken in batches
 *   parts.c    documents inside documents, until their file's result comes
 *   records.c  records of files that are split, stored while their file is being read
 *   store.c    the store transaction, its retries, its bisection and its trials
 *   store_request.c  the statements of that transaction
 *   store_parts.c    of them those for documents inside documents
 *   store_split.c    and those for files that are split
 *   health.c   whether the database can be used, and who is told
 *   reports.c  attempts that failed, jobs that end without a document
 *   lease.c    the node's lease
 *   configs.c  text search configurations of documents
 *   learn.c    the lexicon that workers make search vectors with
 *   drafts.c   search vectors that workers have left unfinished
 *   tidy.c     the search index is brought into order, when there is time
 */
#pragma once

#include "base/log.h"
#include "store/conn.h"
#include "store/dictionaries.h"
#include "store/session.h"
#include "wire/role.h"

#include <sys/queue.h>
#include <uthash.h>

struct pool;
struct worker_link;
struct lane;
struct work;

/* ---- lanes.c ---- */

/* Something that needs a connection from its first statement to its last. */
struct work_kind {
    const char *name;
    bool is_minor; /* that it fails says nothing about the database */
    void (*begin)(
        struct work *w); /* w->lane->conn is idle and its own until work_end() or work_again() */
};

struct work {
    TAILQ_ENTRY(work) next;
    const struct work_kind *kind;
    struct pool *pool;
    struct lane *lane;   /* NULL while it waits */
    uint64_t ready_usec; /* when it was made */
    uint64_t not_before_usec;
    unsigned tries;
    bool alone;     /* its trouble is its own */
    bool late_told; /* it was reported for waiting longer than DB_ACQUIRE_TIMEOUT */
};
TAILQ_HEAD(work_list, work);

/* A connection. */
struct lane {
    TAILQ_ENTRY(lane) next;
    struct pool *pool;
    struct conn *conn;
    struct work *work; /* NULL while idle or connecting */
    bool worked;       /* something ended well over it */
    bool open;
};
TAILQ_HEAD(lane_list, lane);

void work_init(struct work *w, struct pool *p, const struct work_kind *kind);
/* What waits out a delay is tried now: the trouble is over. */
void lanes_hurry(struct pool *p);
/* Puts it at the end of the line; `work_again` after a transient failure, with growing delay. Both
 * give its lane back. */
void work_submit(struct work *w);
void work_again(struct work *w, const struct db_failure *failure);
/* The same after a trouble of its own, which says nothing about the database: delays grow to a
 * minute, and that the database is well again does not shorten them. */
void work_again_alone(struct work *w);
/* It is done: gives its lane back. The memory is the caller's. */
void work_end(struct work *w);
/* Runs BEGIN; the settings of a transaction; the statement; COMMIT, in one request. Its result is
 * results[WORK_RESULT], and counts only when work_committed() says so. */
enum { WORK_RESULT = 2 };
void work_run_transaction(struct work *w, const char *sql, const struct params *params,
                          conn_done *done);
bool work_committed(struct rows *const *results, size_t n, const struct db_failure *failure);
/* Runs statements on its connection; a failure to send is a lost connection, told to `done` as
 * such. */
void work_run(struct work *w, const struct statement *statements, size_t n, conn_done *done);

/* Opens connections as needed and gives work to idle ones, soon. */
void lanes_kick(struct pool *p);
int lanes_init(struct pool *p) MUST_CHECK;
/* A connection was closed just now: none is opened for a moment, so that the server never sees more
 * than DB_POOL_MAX. */
void lanes_hold(struct pool *p);
/* How long to wait after so many failures in a row. */
uint64_t lanes_backoff_usec(unsigned tries);
void lanes_apply_settings(struct pool *p);
/* The settings of this transaction (sql/queries/local_settings.sql); `params` is cleared first. */
void lanes_local_settings(struct pool *p, struct params *params);

/* ---- tickets.c ---- */

/* A claim that is out. */
struct ticket {
    uint64_t token; /* key */
    uint64_t job, nonce;
    uint64_t attempt, strikes;
    uint64_t deaths; /* of workers that had it, which it was not blamed for; of this session */
    bool used;       /* its result is in */
    bool split;      /* records of it came: its result is their end */
    uint64_t record; /* the last of them */
    char *collection;
    char *path; /* bytes below the inbox */
    size_t path_size;
    UT_hash_handle hh;
};

struct ticket *ticket_add(struct pool *p, uint64_t token, uint64_t job, uint64_t nonce,
                          struct bytes collection, struct bytes path);
struct ticket *ticket_find(struct pool *p, uint64_t token);
/* What it says, for one that may outlive it; in no table. NULL without memory. */
struct ticket *ticket_copy(const struct ticket *t);
void ticket_free(struct ticket *t);
/* The same claim under a new token. */
void ticket_renew(struct pool *p, struct ticket *t, uint64_t new_token);
void ticket_drop(struct pool *p, struct ticket *t);
/* Forgets all whose result is not in. */
void tickets_clear_unused(struct pool *p);
/* All tokens, as an int8 array. */
void tickets_add_tokens(const struct pool *p, struct params *params);
/* The lowest job among them; when there are none, a number that is below every claim to come. */
uint64_t tickets_lowest_job(const struct pool *p);

/* ---- claims.c, results.c, reports.c, lease.c ---- */

void claims_add(struct pool *p, const struct message_claim *m, struct frame *frame);
void claims_clear(struct pool *p);
bool claims_ready(const struct pool *p);
struct work *claims_take(struct pool *p);

/* Takes `parts` over. */
struct part_list;
void results_add(struct pool *p, const struct message_result *m, struct frame *frame,
                 struct part_list *parts);
bool results_ready(const struct pool *p);
/* When results that are queued become ready for lack of others; UINT64_MAX: not by time. */
uint64_t results_linger_until(const struct pool *p);
struct work *results_take(struct pool *p);
/* Whether workers should pause: more is queued than the database takes. */
bool results_full(const struct pool *p);
bool results_roomy(const struct pool *p);
/* Whether they come, or will, as fast as they can be stored. */
bool results_press(const struct pool *p);

void reports_add(struct pool *p, const struct message_report *m);
/* Quarantines the document of a result that the database refuses: itself (`record` 0), or one of its
 * records. */
void reports_add_poison(struct pool *p, struct ticket *t, uint64_t record,
                        const struct db_failure *failure);
/* Jobs of earlier sessions whose files did not turn up. */
void reports_add_abandoned(struct pool *p);

int lease_init(struct pool *p) MUST_CHECK;
/* This node's session begins, or another one for a new intake. Claims wait until it is enrolled. */
void lease_enroll(struct pool *p);

/* ---- tidy.c ---- */

/* What an earlier session may have left is to be done. */
void tidy_init(struct pool *p);
/* Search vectors of so many bytes were stored: the index is to be brought into order, now if enough
 * has come together and the load leaves time for it. */
void tidy_add(struct pool *p, size_t vector_bytes);
/* Called now and then: does it when nothing waits. */
void tidy_when_idle(struct pool *p);

/* ---- learn.c ---- */

void learn_init(struct pool *p);
/* Whether workers may make vectors; if so, they get a lexicon. */
void learn_boot(struct pool *p, struct session *s);
/* A worker is new: it gets the lexicon, if there is one. */
void learn_welcome(struct pool *p, struct peer *worker);
/* What a worker lacks: ANSWERED will follow. */
void learn_ask(struct pool *p, struct worker_link *w, const struct message_questions *m,
               struct frame *frame);
bool learn_ready(const struct pool *p);
struct work *learn_take(struct pool *p);
/* Asks all of a lesson's questions in one request, for `done`. -ENOMEM: nothing was sent. */
struct lesson;
int learn_run(struct work *w, struct lesson *l, conn_done *done) MUST_CHECK;
/* The lexicon is full: workers get an empty one. */
void learn_replace(struct pool *p);

/* ---- configs.c ---- */

/* The text search configuration that a document in this language gets: its number
 * (search/languages.h), and its name. */
unsigned pool_text_config(const struct pool *p, struct bytes language);
const char *pool_text_config_name(const struct pool *p, struct bytes language);

/* ---- boot.c ---- */

/* Waits for the database, for ever; then the schema is brought up to date or checked, this node
 * enrolled, and lanes may open. */
int boot_init(struct pool *p) MUST_CHECK;

/* ---- parts.c ---- */

/* Documents inside one document. */
#define PARTS_MAX_DEPTH 16 /* the largest PENSTOCK_MAX_PART_DEPTH */
struct part;
struct part_list {
    struct part **list; /* parts_take(): by number, so a parent comes before what is inside it */
    size_t n, room, bytes;
};
struct worker_link;

/* Keeps a PART until its RESULT comes. False: a worker of ours would not have sent it, or there is
 * no room. */
bool parts_add(struct worker_link *w, const struct message_part *m, struct frame *frame) MUST_CHECK;
/* Hands those of `token` over, when they are the `n` that belong together. */
bool parts_take(struct worker_link *w, uint64_t token, uint64_t n,
                struct part_list *ret) MUST_CHECK;
void parts_free(struct part_list *l);

/* ---- records.c ---- */

/* Takes `parts` over. False: a worker of ours would not have sent this. */
bool records_add(struct worker_link *w, const struct message_records *m, struct frame *frame,
                 struct part_list *parts) MUST_CHECK;

/* ---- pool.c ---- */

struct worker_link {
    struct pool *pool;
    struct peer *peer;      /* NULL: none in this slot */
    struct part_list parts; /* whose RESULT has not come */
    bool owes_recorded;     /* records of it are being stored, and it waits for the answer */
    unsigned slot;
    unsigned generation; /* of the link: counts the workers of this slot */
};

struct claim_request;
struct result;
struct inquiry;
TAILQ_HEAD(claim_list, claim_request);
TAILQ_HEAD(result_list, result);
TAILQ_HEAD(inquiry_list, inquiry);

struct pool {
    struct role_base base;
    struct peer *intake;
    unsigned intake_link; /* its number */
    uint64_t session;     /* counts intakes: what an earlier one asked for is nobody's any more */
    struct worker_link workers[STATS_MAX_WORKERS];
    struct target *target;
    char node[160];

    /* boot.c */
    struct timer *boot_timer;
    unsigned boot_tries;

    /* lanes.c */
    struct lane_list lanes;
    struct work_list waiting;
    unsigned n_lanes, n_busy, n_connecting;
    unsigned max_lanes, min_lanes;
    struct deferred *kick;
    struct timer *janitor, *retry;
    unsigned failed_connects;
    unsigned useless_opens; /* connections in a row that opened, and were lost before anything ended
                               well over them: a server that is read-only, say */
    uint64_t connect_after_usec;
    bool schema_ready;

    /* health.c */
    bool up;       /* some connection is open */
    bool refusing; /* what was tried failed, again and again */
    const struct work_kind *refused_by;
    unsigned n_refusals; /* in a row */
    char away[STATS_TEXT_SIZE], refusal[STATS_TEXT_SIZE];

    /* claims.c */
    struct claim_list claims;
    size_t n_claims;
    bool claiming;

    /* results.c */
    struct result_list results;
    size_t n_results, result_bytes; /* queued or in a batch */
    size_t n_queued, queued_bytes;  /* queued only */
    unsigned n_storing;             /* batches that run */
    bool workers_paused;

    /* lease.c */
    struct timer *lease_timer;
    uint64_t boot, first_token;
    bool enrolled, enrolling, renewing;
    bool scanned; /* the intake has claimed all that was there */
    bool rescued; /* nothing is claimed any more that an earlier session had claimed */

    /* learn.c */
    struct lexicon *lexicon; /* NULL: the database makes the vectors */
    bool learning;
    struct inquiry_list inquiries;
    struct dictionaries dictionaries;
    uint64_t configs_in_use; /* a bit each: the database knows that there are documents of it */

    /* tidy.c */
    bool tidying, may_not_tidy;
    size_t untidy_bytes; /* of vectors, stored since it was done last, or left by another session */

    struct ticket *tickets;
    uint64_t last_job; /* largest number of a job seen */
};

void pool_send_intake(struct pool *p, const struct message *m);
/* There is no memory to remember something by: ends this process, whose successor takes everything
 * over. Going on would leave a document waiting for an answer that nobody owes it. */
void pool_give_up(struct pool *p);
/* Pauses or resumes the workers by what is queued. */
void pool_balance(struct pool *p);
int64_t pool_setting(const struct pool *p, enum setting_id id);

/* ---- health.c ---- */
/* Whether any connection is open; if not, why. */
void health_connected(struct pool *p, bool up, const char *reason);
/* Work of this kind failed for a reason that is not its own, or ended well. */
void health_refused(struct pool *p, const struct work_kind *kind, const struct db_failure *failure);
void health_accepted(struct pool *p, const struct work_kind *kind);
/* The intake is new: it hears how things stand. */
void health_tell_intake(struct pool *p);
