/* intake.h - what the files of the intake share.
 *
 *   intake.c    the role: boot, what it hears from supervisor and pool
 *   book.c      the files it knows, each in one state
 *   scan.c      hints and walks: how files come into the book
 *   settle.c    when a file is complete; what is held back, and until when
 *   pair.c      files and their sidecars
 *   folder*.c   folders that are one document: what they list, whether that is there, what workers are
 *               given of it, and its filing
 *   claim.c     claims, and the pool's answers to them
 *   crew.c      the workers: documents to them, their coming and going
 *   deadline.c  workers that take too long
 *   death.c     workers that died: who is to blame
 *   outcome.c   what becomes of a file in the end
 *   explain.c   answers `penstock explain`
 */
#pragma once

#include "base/log.h"
#include "inbox/inbox.h"
#include "inbox/walk.h"
#include "inbox/watch.h"
#include "wire/role.h"

#include <limits.h>
#include <sys/queue.h>
#include <uthash.h>

/* Files known at once. More stay where they are, in the inbox, until there is room: the folder is
 * the queue. */
#define BOOK_MAX_ITEMS  16384
#define BOOK_MAX_PARKED 16384 /* beside them */

/* The life of a file here. Any state may be followed by the file being forgotten (it vanished).
 *
 *   SETTLING ─▶ WAITING ─▶ CLAIMING ─▶ READY ─▶ WORKING ─▶ STORING ─▶ FILING ─▶ (forgotten)
 *
 * The ways back:
 *
 * - WAITING to SETTLING when it changed, or a writer has it open; to HELD when it cannot be opened
 * - CLAIMING to TAKEN when another node has it; to READY, to be hashed only, when its job is done
 * - READY to SETTLING when it changed meanwhile (its job is told: REPORTING)
 * - WORKING to REPORTING when its worker died; from there to READY (perhaps after BACKOFF), or to
 *   FILING (quarantine); to HELD when it cannot be read
 * - STORING to WAITING when the claim was lost
 * - FILING to SETTLING when it changed meanwhile: that is a new document
 * - HELD and TAKEN to SETTLING when their time comes
 *
 * A folder that is one document is its meta.json here: the files that it lists have no item. WAITING, it
 * goes to a worker first to be told what it lists (READY, WORKING, and back to WAITING: list_only).
 * Claimed, it is GATHERING while its files may be growing, MISSING while some are not there, then READY.
 *
 * A sidecar goes from SETTLING to SIDECAR, where it waits for its file, and to JOINED when that is
 * claimed. It ends with its file, or is back in SIDECAR when the file is forgotten without it. When no file
 * comes it is WAITING, is claimed like a file, and quarantined.
 *
 * When the pool ends, everything from CLAIMING to BACKOFF is WAITING again. */
enum item_state {
    ITEM_SETTLING,  /* may still be growing */
    ITEM_WAITING,   /* complete */
    ITEM_CLAIMING,  /* asked the pool for a job */
    ITEM_READY,     /* claimed (or only to be hashed) */
    ITEM_WORKING,   /* with a worker */
    ITEM_STORING,   /* with the pool */
    ITEM_REPORTING, /* an attempt failed: the pool is being told */
    ITEM_BACKOFF,   /* waits for another attempt */
    ITEM_FILING,    /* stored or quarantined; moving it failed and is tried again */
    ITEM_TAKEN, /* another node, or a session that is just ending, has claimed it: asked again soon
                 */
    ITEM_HELD,  /* cannot be worked on now: see `why` */
    ITEM_SIDECAR,   /* complete; waits for the file that it belongs to */
    ITEM_JOINED,    /* a sidecar that goes where its file goes */
    ITEM_GATHERING, /* a folder, claimed; its files may still be growing */
    ITEM_MISSING,   /* the same; some of them are not there */
    ITEM_N_STATES
};
extern const char *const item_state_names[ITEM_N_STATES];

/* What the pool said of a document while it still was with its worker (whose DONE comes over
 * another link). */
enum item_verdict { VERDICT_NONE, VERDICT_STORED, VERDICT_LOST, VERDICT_QUARANTINED };

/* What is to be done with a file once its job has ended. */
enum item_end { END_FORGET, END_SETTLE, END_HOLD, END_FILE, END_QUARANTINE };

struct crew_member;

struct item {
    TAILQ_ENTRY(item) next; /* in the list of its state */
    UT_hash_handle by_path, by_nonce, by_token;
    enum item_state state;
    unsigned inbox;
    char *key;        /* inbox number (2 bytes), then the path */
    const char *path; /* in `key` */
    struct file_identity identity;
    int fd; /* open since it was claimed, until it is given to a worker; -1: it is not */
    uint64_t seen_wall_usec;
    uint64_t complete_usec; /* monotonic time at which it was complete */
    uint64_t
        due_usec; /* SETTLING, BACKOFF, HELD, FILING, SIDECAR, GATHERING, MISSING: when to look again */
    uint64_t nonce;                        /* names it to the pool and the workers */
    uint64_t job, token, attempt, strikes; /* token 0: no claim */
    bool again;                            /* claim it although its job is done */
    bool hash_only;                        /* its job is done: is it the same content? */
    bool list_only;                        /* not claimed: what does it list? */
    uint8_t sha256[32]; /* hash_only: as the database has it; after STORED: of the file */
    enum item_verdict verdict;
    unsigned worker, worker_incarnation; /* STORING: whose result it is */
    unsigned unbegun; /* workers that died before they began it, as their pages say */
    enum item_end end;
    struct folder *folder; /* of what is named meta.json below an inbox */
    struct item *sidecar;  /* of a file: the one that is JOINED to it; NULL: none */
    struct item *file;     /* of one that is JOINED: whose it is */
    bool is_stray;         /* a sidecar whose file did not come */
    bool had_sidecar;      /* its worker got one */
    uint64_t records,
        n_records;     /* of a file that is split: stored, and in all; 0: it is not known */
    bool records_busy; /* some are with the pool: its worker may wait for that */
    uint64_t document;
    char outcome[16];
    char media_type[64];
    char why[160]; /* HELD, FILING: the reason, for people */
};
TAILQ_HEAD(item_list, item);

struct inbox {
    char name[64];
    char *path;
    int fd;
};

/* A worker, as the intake sees it. */
#define CREW_AHEAD 16 /* documents that a worker asks for at most */
struct crew_member {
    struct intake *intake;
    struct peer *peer; /* NULL: none, or its link has ended */
    unsigned slot, incarnation;
    unsigned wants;                     /* documents it asked for */
    struct item *in_flight[CREW_AHEAD]; /* in order; it may have begun several, see death.c */
    unsigned n_in_flight;
    uint64_t begun_usec; /* since when the first is with it */
    uint64_t progress;   /* as last seen on its page, and when that was new */
    uint64_t moved_usec;
    const char *overrun; /* why we had it killed; NULL: we had not */
    bool doomed;         /* it was killed for a document that came to its end all the same */
    uint64_t
        silent_usec; /* since when it owes us its end, or a word, and has no document; 0: not */
    bool present;    /* the slot is in use until both the link has ended and DIED has come */
    bool retiring, finishing, link_ended, died;
    struct message_died death;
    /* The slot's next worker, whose link came before the end of this one's was read. */
    bool has_next;
    unsigned next_incarnation;
    int next_fd;
};

struct walk_job {
    STAILQ_ENTRY(walk_job) next;
    unsigned inbox;
    char *start;
};

struct intake {
    struct role_base base;
    struct peer *pool;
    unsigned pool_link; /* its number */
    char database_why[STATS_TEXT_SIZE];
    int disk_error; /* of the last move that failed for want of a disk; 0: none */
    uint64_t disk_retry_usec;
    uint64_t deadline_usec; /* of the last look at the workers; 0: none of late */
    bool database_up, draining, drained_told, scanned_told;
    struct inbox *inboxes;
    size_t n_inboxes;
    struct archive archive;
    int quarantine_fd;
    uint64_t n_quarantined;

    /* book.c */
    struct item *paths, *nonces, *tokens;
    struct item_list lists[ITEM_N_STATES];
    size_t counts[ITEM_N_STATES], n_items;
    size_t n_open;          /* items that are kept open */
    struct folder *folders; /* folder.c: by inbox and path */
    size_t n_listed;        /* files that all of them list */
    uint64_t nonce_stock[32];
    size_t n_nonces; /* left in the stock */

    /* scan.c */
    struct watch *watch;
    STAILQ_HEAD(, walk_job) walks;
    struct walk *walk;
    bool walk_again; /* something was missed: walk everything once more */
    bool walk_new;   /* the walk since the last full one began found something new */
    bool watch_full_told;
    struct deferred *walk_step;
    struct timer *rescan;
    uint64_t full_walks; /* finished */

    /* settle.c */
    struct timer *upkeep;
    uint64_t upkeep_usec; /* when it will fire */

    struct crew_member crew[STATS_MAX_WORKERS];

    /* claim.c */
    struct deferred *kick;

    /* explain.c */
    int explain_fd;
    struct fd_watch *explain_ready;
};

int64_t intake_setting(const struct intake *in, enum setting_id id);
void intake_send_pool(struct intake *in, const struct message *m);
/* Something changed that may let work go on: looked at once, soon. */
void intake_kick(struct intake *in);

/* ---- book.c ---- */
void book_init(struct intake *in);
/* Inbox and path as one key, of a path shorter than PATH_MAX. Returns its size. */
#define BOOK_KEY_BYTES (PATH_MAX + 3)
size_t book_key(char *key, unsigned inbox, const char *path);
struct item *book_find(struct intake *in, unsigned inbox, const char *path);
struct item *book_find_nonce(struct intake *in, uint64_t nonce);
struct item *book_find_token(struct intake *in, uint64_t token);
/* Whether there is no room for another, or so much that a walk may go on. What is parked (HELD,
 * TAKEN, FILING) does not count: files that nobody may read must not stand in the way of others. */
bool book_is_full(const struct intake *in);
bool book_is_roomy(const struct intake *in);
/* Whether another one may be parked; what may not is forgotten until the next rescan. */
bool book_is_parking(const struct intake *in);
/* NULL: no memory. Its state is SETTLING. */
struct item *book_add(struct intake *in, unsigned inbox, const char *path,
                      const struct file_identity *identity);
void book_forget(struct intake *in, struct item *i);
/* The only place where a state changes. Keeps lists and gauges. */
void book_move(struct intake *in, struct item *i, enum item_state to);
/* To the front of READY or WAITING: it was there before. */
void book_move_front(struct intake *in, struct item *i, enum item_state to);
void book_set_token(struct intake *in, struct item *i, uint64_t token);
struct item *book_first(struct intake *in, enum item_state state);
/* From now on the sidecar goes where the file goes; or not any more: then the caller sees to the one
 * that is returned (NULL: there was none). */
void book_join(struct intake *in, struct item *file, struct item *sidecar);
struct item *book_part(struct item *file);
/* Ends what the claim knew: the file is to be claimed anew. */
void book_unclaim(struct intake *in, struct item *i);
/* Keeps the file open until it is given to a worker; unless too many are. Owns `fd`. */
void book_keep_open(struct intake *in, struct item *i, int fd);
/* What is open of it, for the caller to close; or -1. */
int book_take_fd(struct intake *in, struct item *i);

/* ---- scan.c ---- */
/* Whether a file has been unchanged for longer than the settling time, by the wall clock. */
bool scan_is_old(const struct intake *in, const struct file_identity *identity);
int scan_init(struct intake *in) MUST_CHECK;
void scan_everything(struct intake *in);
bool scan_is_busy(const struct intake *in);
/* Walks one folder below an inbox. */
void scan_folder(struct intake *in, unsigned inbox, const char *path);
/* Looks at a file now, whether a hint told of it or not. */
void scan_see(struct intake *in, unsigned inbox, const char *path);
/* Room in the book again: a walk that paused goes on. */
void scan_resume(struct intake *in);

/* Shows on the page why nothing is begun now, if so. */
void intake_tell_waiting(struct intake *in);

/* ---- settle.c ---- */
int settle_init(struct intake *in) MUST_CHECK;
void settle_begin(struct intake *in, struct item *i);
void settle_complete(struct intake *in, struct item *i);
/* Holds it back (HELD until the next rescan, TAKEN for a moment), and says why. Where too many are
 * parked already it is forgotten. */
void settle_hold(struct intake *in, struct item *i, enum item_state state, const char *why);
/* Something is due some day: looks every so often. */
void settle_arm(struct intake *in);

/* ---- claim.c ---- */
void claim_more(struct intake *in);
extern const struct peer_events claim_pool_events;
/* The link is gone: what was claimed over it is to be claimed anew. */
void claim_forget_pool(struct intake *in);
/* Acts on i->verdict, which is not NONE; the item is with no worker. */
void claim_apply_verdict(struct intake *in, struct item *i);
/* An attempt brought nothing. verdict and outcome as in messages.def; `end`: what to do with the
 * file after RELEASED. */
void claim_report(struct intake *in, struct item *i, const char *verdict, const char *outcome,
                  bool strike, const char *reason, const struct buf *details, enum item_end end);

/* ---- pair.c ---- */
/* A sidecar is complete: it waits for its file. */
void pair_wait(struct intake *in, struct item *i);
/* Looks whether the file has a sidecar, and joins it. */
enum pair_state {
    PAIR_READY,      /* it has none, or it is joined */
    PAIR_GROWING,    /* it may not be complete */
    PAIR_UNREADABLE, /* it cannot be opened */
};
enum pair_state pair_look(struct intake *in, struct item *i);
/* The same, and whether it can be opened and has no writer. */
enum pair_state pair_try(struct intake *in, struct item *i);
/* The file, which is not claimed, waits for a sidecar that is not ready. */
void pair_delay(struct intake *in, struct item *i, enum pair_state state);
/* Opens the sidecar of a file, which has one. 0; else it is not what was joined. */
int pair_open(struct intake *in, const struct item *i, int *ret_fd) MUST_CHECK;
/* A sidecar has waited: long enough? */
void pair_review(struct intake *in, struct item *i);
/* Why a stray is quarantined. */
void pair_explain_stray(struct intake *in, const struct item *i, char *ret, size_t size);
/* What is wrong with the sidecar of a file, as its worker says, in one sentence. */
void pair_explain_wrong(const struct item *i, struct bytes refusal, struct buf *ret);

/* ---- folder.c ---- */
struct folder_file {
    UT_hash_handle hh; /* by its path below the inbox */
    struct file_identity identity;
    bool is_known;   /* `identity` is that of what was opened, or looked at, last */
    bool in_archive; /* an earlier session has filed it already */
    char path[];     /* below the inbox */
};
enum folder_kind {
    FOLDER_UNREAD, /* what it lists is not known: all that lies below it waits for that */
    FOLDER_PLAIN,  /* its meta.json lists nothing: it is a document like any other */
    FOLDER_LISTED, /* the files that it lists go where it goes; others are documents of their own */
};
struct folder {
    UT_hash_handle hh;
    struct item *list; /* its meta.json */
    enum folder_kind kind;
    char *refusal; /* LISTED, but wrong: why */
    struct folder_file **files, *by_path;
    size_t n_files, capacity;
    size_t next;     /* the file that the worker which has it asks for next */
    size_t missing;  /* MISSING: the first that is not there */
    size_t key_size; /* inbox number (2 bytes), then the path of the folder */
    char key[];
};
/* For an item whose path inbox_folder_of() is of. False: no memory. */
bool folder_begin(struct intake *in, struct item *list) MUST_CHECK;
/* Its item is about to be forgotten: what lies in it is looked at anew, unless it was filed away. */
void folder_end(struct intake *in, struct item *list);
/* Its meta.json may be another now. */
void folder_unread(struct intake *in, struct item *list);
/* The folder that this path belongs to; NULL: none, it is a file of its own. Its own meta.json does not. */
struct folder *folder_of(const struct intake *in, unsigned inbox, const char *path);
/* A file that it lists, which is not there twice; false: no memory. */
bool folder_add(struct intake *in, struct folder *f, const char *name, size_t n) MUST_CHECK;
/* Whether so many files are listed that no further list is read. */
bool folder_is_crowded(const struct intake *in);
/* The list is complete. `refusal`: what is wrong with it, if anything. */
void folder_list_known(struct intake *in, struct item *list, struct bytes refusal);
/* Whether it has to be read by a worker before it can be claimed. */
bool folder_is_unread(const struct item *i);
/* Whether it is one document of several files. */
bool folder_is_document(const struct item *i);
/* Whether any is with a worker to be told what it lists. */
bool folder_any_unread(const struct intake *in);
/* Where it stands, for somebody who asks about one of its files. */
void folder_describe(const struct folder *f, struct buf *ret);
/* The path of its n-th file as people are told it: below the folder. */
const char *folder_file_name(const struct folder *f, size_t n);

/* ---- folder_gather.c ---- */
/* It is claimed: looks for its files. It is READY then, or waits, or is quarantined. */
void folder_gather(struct intake *in, struct item *list);
/* GATHERING or MISSING, and its time has come. */
void folder_review(struct intake *in, struct item *list);
/* One of the files has come, or changed. */
void folder_hint(struct intake *in, struct folder *f);

/* ---- folder_crew.c ---- */
/* What workers say of folders: LISTED and NEXT. */
void folder_on_listed(void *user, struct peer *p, const struct message *m, struct frame *frame);
void folder_on_next(void *user, struct peer *p, const struct message *m, struct frame *frame);
/* DONE has come for one that was to tell what it lists. */
void folder_done_listing(struct intake *in, struct item *list, struct bytes refusal);

/* ---- folder_filing.c ---- */
/* Moves a folder's files and then its meta.json to where i->end says. Answers as filing.h's. */
int folder_file_away(struct intake *in, struct item *list) MUST_CHECK;
/* Opens a file of a folder whose job is done where an interrupted filing may have put it. */
int folder_open_filed(const struct intake *in, const struct item *list,
                      const struct folder_file *file, int *ret_fd,
                      struct file_identity *ret) MUST_CHECK;

/* ---- deadline.c ---- */
/* Has workers killed whose document has used up its time. */
void deadline_check(struct intake *in);

/* ---- crew.c ---- */
/* Records of the file are with the pool now, or stored: its time begins anew. */
void crew_note_records(struct intake *in, const struct item *i);
void crew_connect(struct intake *in, unsigned slot, unsigned incarnation, int fd);
void crew_dispatch(struct intake *in);
/* The pool is gone: no worker has a document any more. */
void crew_forget_documents(struct intake *in);
/* Take the oldest, or the newest, of its documents away from it; there is one. */
struct item *crew_take_first(struct crew_member *c);
struct item *crew_take_last(struct crew_member *c);
/* By which a worker knows a document: its claim, or its nonce when it is only to be hashed and has none. */
uint64_t crew_name_of(const struct item *i);
/* Its result is with the pool. */
void crew_done_storing(struct intake *in, const struct crew_member *c, struct item *i);
/* Whether any worker has a document. */
bool crew_is_busy(const struct intake *in);
extern const struct peer_route crew_supervisor_routes[2];
/* The document in its hands has changed, or gone: its job ends, if it has one. */
void crew_give_up(struct intake *in, struct item *i, const char *outcome, enum item_end end);

/* ---- death.c ---- */
/* A worker's link has ended and its death has been told: its documents go on, or are judged. */
void death_settle(struct crew_member *c);

/* ---- outcome.c ---- */
/* Moves the file to where it belongs (i->end), now or later, and forgets it. */
void outcome_file(struct intake *in, struct item *i);
/* PENSTOCK_AFTER=keep: whether that is set; that this file is done and stays; whether one is known
 * to be. */
bool outcome_keeps(const struct intake *in);
void outcome_remember_kept(struct intake *in, struct item *i);
/* The same of a file that has no item. */
enum kept_as {
    KEPT_FILE,
    KEPT_PART, /* of a folder that is one document */
    KEPT_LIST, /* its meta.json */
};
void outcome_remember_file(unsigned inbox, const char *path, const struct file_identity *identity,
                           enum kept_as as);
/* A file that is not what was kept: when it was part of a folder, that one is looked at again, and
 * takes it. */
bool outcome_wake_folder(struct intake *in, unsigned inbox, const char *path);
/* What this folder lists is known anew: what was kept of it may be no part of it any more. */
void outcome_forget_parts(const struct item *list);
bool outcome_was_kept(const struct intake *in, unsigned inbox, const char *path,
                      const struct file_identity *identity);
/* Originals pile up because the disk that they belong on takes nothing. */
bool outcome_is_blocked(const struct intake *in);

/* ---- explain.c ---- */
int explain_init(struct intake *in) MUST_CHECK;
/* Listens again, should it have run out of descriptors. */
void explain_resume(struct intake *in);
