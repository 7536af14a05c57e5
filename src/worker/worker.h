/* worker.h - what the files of a worker share.
 *
 *   worker.c            the program: messages in, documents read, results out
 *   document.c          a document's bytes, read and hashed
 *   search.c            its search vector, with the lexicon that the pool keeps
 *   sandbox.c           the cage, layer by layer: user, limits, and the two below
 *   sandbox_landlock.c  no path, no TCP, no signals to others
 *   sandbox_seccomp.c   the system calls that are left
 */
#pragma once

#include "base/cage.h"
#include "base/settings.h"
#include "base/stats.h"
#include "extract/extract.h"
#include "search/vector.h"
#include "wire/message.h"
#include "wire/role.h"

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
/* Gives back what a large document took. */
void document_trim(struct document *d);
void document_done(struct document *d);

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

/* The CPU time (whole process, whole seconds) from now to the death by SIGPROF; 0: no limit. */
void sandbox_limit_cpu(unsigned seconds);

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
