/* err.h - the theory of errors, once for the whole program.
 *
 * A function that can fail returns an int:
 *
 *     0    it is done.
 *    <0    -errno: an unexpected failure. Nobody inspects it; it is forwarded until a role (a
 * process' own folder) logs it once and acts on it. >0    a condition that the header documents for
 * that function. The direct caller handles it and never forwards it.
 *
 * Out-parameters are named ret_x and stay untouched unless 0 is returned (or the header says
 * otherwise). When a person must be told why, the function also takes a `struct reason *` and
 * writes one sentence that names the thing. Folders on low floors are silent: they return, they do
 * not log.
 */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK          __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, a) __attribute__((format(printf, fmt, a), nonnull(fmt)))
#define CLEANUP(fn)         __attribute__((cleanup(fn)))
#define UNUSED              __attribute__((unused))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define MAX(a, b)     ((a) > (b) ? (a) : (b))

/* Exit codes of every penstock program (docs: README "Exit codes"). */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,       /* usage or configuration */
    EXIT_DATABASE = 3,    /* database unreachable */
    EXIT_QUARANTINED = 4, /* `run --once`: some documents were quarantined */
    EXIT_SCHEMA = 5,      /* schema mismatch */
};

/* One sentence for a person. Always NUL-terminated; longer text is cut at the end. */
struct reason {
    char text[8192]; /* room for every setting being wrong at once */
};

/* Replaces the sentence. `why` may be NULL: then nothing happens. */
void reason_set(struct reason *why, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds to the sentence, after "; " when it already says something. `why` may be NULL. */
void reason_add(struct reason *why, const char *format, ...) PRINTF_LIKE(2, 3);
