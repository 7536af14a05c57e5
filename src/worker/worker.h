/* worker.h - what the files of a worker share.
 *
 *   worker.c            the program: messages in, documents read, results out
 *   boot.c              what comes before the first document
 *   document.c          a document's bytes, read and hashed
 *   beside.c            its sidecar
 *   folder.c            a folder that is one document: its files, one after the other
 *   outbox.c            what it has to say to its two peers
 *   budget.c            how much of a document's time may go into what can be left out
 *   split.c             a file of which every record becomes a document
 *   stream.c            a file read in pieces, and hashed
 *   search.c            its search vector, with the lexicon that the pool keeps
 *   sandbox.c           the cage, layer by layer: user, limits, and the two below
 *   sandbox_landlock.c  no path, no TCP, no signals to others
 *   sandbox_seccomp.c   the system calls that are left
 */
#pragma once

#include "base/cage.h"
#include "base/settings.h"
#include "base/stats.h"
#include "extract/folder.h"
#include "search/vector.h"
#include "wire/message.h"
#include "wire/role.h"

#include <sys/stat.h>

/* The bytes of the document in hand, and what one pass over them told. */
struct document {
    char *bytes; /* the first `size` bytes of the file; memory is reused for the next document */
    size_t size;
    size_t capacity;
    uint64_t byte_size;         /* of the whole file */
    uint8_t sha256[32];         /* of the whole file */
    bool changed;               /* the file changed while it was read */
    _Atomic uint64_t *progress; /* grows while it is read; NULL: nobody looks */
};

/* SHA-256 of bytes at hand. 0 or -ENOMEM. */
int document_hash(const void *bytes, size_t size, unsigned char ret[32]) MUST_CHECK;
/* Loads what hashing needs, before the sandbox. 0 or -ENOMEM. */
int document_prepare(void) MUST_CHECK;
/* Reads the whole file once: hashes all of it, keeps at most `max_bytes`. More than
 * `expected_bytes` counts as changed. -errno of read(2), or -ENOMEM. */
int document_read(struct document *d, int fd, uint64_t expected_bytes,
                  uint64_t max_bytes) MUST_CHECK;
/* Whether what fstat(2) tells of a file is the same: no byte of it was written in between. */
bool document_unchanged(const struct stat *a, const struct stat *b);
/* Gives back what a large document took. */
void document_trim(struct document *d);
void document_done(struct document *d);

/* ---- outbox.c ---- */

/* Frames that are not sent yet. */
struct outbox {
    struct buf pool, intake;
    unsigned n_results, n_done; /* RESULTs and DONEs among them */
    uint64_t since_usec;        /* since when the first DONE waits */
};

/* Puts a message behind those that wait; one that cannot be encoded ends the process. */
void outbox_to_pool(struct outbox *o, const struct message *m);
void outbox_to_intake(struct outbox *o, const struct message *m);
/* Sends all of it, the pool's first, and waits until it is taken. A peer that has gone ends the process. */
void outbox_send(struct outbox *o);
/* Whether what is kept may wait for one more document. */
bool outbox_has_room(const struct outbox *o);

/* The time of the document in hand. */
struct budget {
    uint64_t begun_usec; /* moves on by what was waited */
    uint64_t max_usec, reserve_cpu_usec;
    uint64_t waiting_since_usec;
};

/* From now on; with the limit of processor time (whole process) comes the death by SIGPROF. */
void budget_begin(struct budget *b, const struct settings *s);
/* There is no limit of processor time any more. */
void budget_end(void);
/* Around what waits for others. */
void budget_wait_begins(struct budget *b);
void budget_wait_ends(struct budget *b);
/* Whether there is time for more. */
bool budget_allows(const struct budget *b);

/* The sidecar of the document in hand, or of the one that comes next. */
struct beside {
    int fd; /* not read yet; else -1 */
    uint64_t token, size;
    struct document file;
    struct sidecar sidecar;
    bool changed; /* it changed while it was read */
};

/* Keeps it for the document that comes next; `fd` is taken over. False: one is kept already. It is read
 * with its document: what it does to its reader is that document's fault. */
bool beside_take(struct beside *b, uint64_t token, uint64_t size, int fd);
/* Whether what is kept, if anything, is of this document. */
bool beside_belongs(const struct beside *b, uint64_t token);
/* Reads it, if there is one, before its document. 0; SIDECAR_WRONG and why; -errno. */
int beside_read(struct beside *b, struct reason *refusal) MUST_CHECK;
/* Of the document in hand; NULL: it has none. */
const struct sidecar *beside_sidecar(const struct beside *b);
/* The document has come to its end. */
void beside_forget(struct beside *b);

/* What the meta.json of a folder says. */
struct folder_about {
    struct folder_list list;
    struct sidecar sidecar;
    struct document file; /* of the list, in hand */
    bool in_hand;         /* the document in hand is a folder */
    bool asked;           /* NEXT was sent */
    int fd;               /* what came; -1: nothing */
    uint64_t size;
};

/* What search vectors are made with. All zeroes: no lexicon came yet, so there are none. */
struct search {
    struct lexicon *lexicon;
    struct lexicon *next; /* came while a vector was being made */
    struct vector *vector;
    struct buf questions, draft; /* search/draft.h; empty: the database has to make the vector */
    enum vector_extent extent;
    unsigned config; /* of the text in hand (search/languages.h) */
};

/* The pool has sent a lexicon; the descriptor is taken over. -errno: it cannot be used. */
int search_take_lexicon(struct search *s, int fd) MUST_CHECK;

/* Makes the vector of a text in this language (BCP 47, or "") into s->draft. `ask` sends the questions and waits for the answer, during which search_take_lexicon() may be
 * called: true when all is known now. -ENOMEM. */
typedef bool search_ask(void *user, const struct buf *questions);
int search_make_vector(struct search *s, const char *language, const char *text, size_t size,
                       search_ask *ask, void *user) MUST_CHECK;

/* A file from its beginning to its end. */
struct stream {
    int fd;
    struct evp_md_ctx_st *hash;
    uint64_t size; /* that was read */
    _Atomic uint64_t *progress;
};

/* Begins at the first byte. -errno. */
int stream_begin(struct stream *s, int fd, _Atomic uint64_t *progress) MUST_CHECK;
/* records_read of a struct stream. */
ssize_t stream_read(void *stream, char *to, size_t size);
/* Ends it, at its end or before; the hash is of what was read. 0 or -ENOMEM. */
int stream_end(struct stream *s, uint8_t ret_sha256[32]) MUST_CHECK;
/* Reads from the beginning, without moving what stream_begin() moves. -errno, or how many. */
ssize_t stream_peek(int fd, char *to, size_t size);

/* ---- worker.c ---- */

struct worker {
    unsigned slot;
    struct cage_user user; /* as whom documents are read */
    struct settings settings;
    struct stats_map stats;
    struct worker_page *page;
    struct frame_reader intake, pool;
    bool intake_greeted, pool_greeted, started;
    unsigned split_kinds;
    struct extractor *extractor;
    struct extraction extraction;
    struct document document;
    struct beside beside;
    struct folder_about folder;
    struct budget budget; /* of the document in hand */
    uint64_t token;       /* the same */
    uint64_t n_parts;     /* of it that were sent, and no RECORDS or RESULT since */
    struct search search;
    bool answered, known;             /* what the pool says to the questions of `search` */
    bool recorded;                    /* RECORDED has come for the document in hand */
    struct message_recorded progress; /* what it said */
    struct outbox outbox;
};

_Noreturn void worker_quit(int exit_code, const char *why, int r);
void worker_set_stage(struct worker *w, enum worker_stage stage);
/* Sends it at once, and with it all that waits. */
void worker_send_pool(struct worker *w, const struct message *m);
/* Hears the pool's next message. */
void worker_hear_pool(struct worker *w);
void worker_send_intake(struct worker *w, const struct message *m);
/* Hears the intake's next message. */
void worker_hear_intake(struct worker *w);
/* Makes the search vector of w->extraction and sends the RESULT. */
void worker_send_extraction(struct worker *w, const struct message_document *d,
                            uint64_t begun_usec);
/* extract_has_time of a struct worker. */
bool worker_has_time(void *worker);
/* The document's time is counted anew. */
void worker_begin_limits(struct worker *w);
/* extract_take_part of a struct worker: sends a PART. */
int worker_take_part(void *worker, const struct extract_part *part);
void worker_send_result(struct worker *w, const struct message_document *d, uint64_t extract_usec);

/* ---- boot.c ---- */

/* From the arguments of the program: `slot`, and `user` (cage_read_user()), NULL for none, which is wiped. -errno. */
int worker_boot(struct worker *w, const char *slot, char *user) MUST_CHECK;
/* The settings are told: from here on there is the sandbox. Ends the process when there cannot be one. */
void worker_prepare(struct worker *w);

/* ---- split.c ---- */

/* The file is to be read like any other; what was read of it does not matter. */
#define SPLIT_NOT 1
/* Reads a document as records, if PENSTOCK_SPLIT has its kind: w->document gets size, hash and
 * whether it changed, and the pool all of it, RESULT included. 0, SPLIT_NOT, or -errno when it
 * cannot be read. */
int split_document(struct worker *w, const struct message_document *d, int fd) MUST_CHECK;

/* ---- folder.c ---- */

#define FOLDER_REFUSED 1
/* Tells the intake which files the meta.json behind `fd` lists. 0; FOLDER_REFUSED and what is wrong
 * with it; or -errno when it cannot be read. */
int folder_tell(struct worker *w, const struct message_document *d, int fd,
                struct reason *refusal) MUST_CHECK;
/* Reads a folder as one document, and sends its RESULT: or only hashes it. w->document gets size,
 * hash and whether it changed. The answers are those above. */
int folder_document(struct worker *w, const struct message_document *d, int fd,
                    struct reason *refusal) MUST_CHECK;
/* FILE or WITHHELD (`fd` -1) has come. False: nobody has asked for it. */
bool folder_take(struct worker *w, uint64_t token, uint64_t size, int fd);

/* Sanitizers look into /proc, and start a process that looks for leaks: see sandbox.c. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* Locks the process in before it sees a document, by PENSTOCK_SANDBOX and the limits of the
 * settings. `ret_layers`: CAGE_ bits of what is around it now. -errno when a layer that is
 * required, or a limit, cannot be had, with its name in `why`. Cannot be undone. */
int sandbox_enter(const struct settings *s, const struct cage_user *user, unsigned *ret_layers,
                  struct reason *why) MUST_CHECK;

/* The layers, each alone; -errno. Landlock and seccomp need no_new_privs to be set. */
int sandbox_no_new_privileges(void) MUST_CHECK;
int sandbox_become(const struct cage_user *user) MUST_CHECK;
int sandbox_enter_landlock(void) MUST_CHECK;
int sandbox_enter_seccomp(bool has_landlock) MUST_CHECK;

/* A file or folder that parsers may read inside the sandbox. */
extern const char *const sandbox_readable[];
extern const size_t sandbox_n_readable;

/* The program's entry: argv is {"penstock:", "worker", slot} and, for root, the user ("uid:gid").
 */
int worker_main(int argc, char **argv);
