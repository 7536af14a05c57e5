/* manifest.h - what was dropped and when it could be found: a row a file, by
 * its number. Droppers write a row before its file can be seen, the watcher
 * adds the time at which it found it. */
#pragma once

#include "base/err.h"

#include <stdatomic.h>
#include <stdint.h>

struct manifest_row {
    uint64_t due_usec;
    _Atomic uint64_t found_usec; /* 0: not yet; of the row whose name the document has */
    uint64_t content;            /* the first row with these bytes */
    uint64_t n_bytes;
    unsigned char sha256[32];
};

struct manifest {
    struct manifest_row *rows;
    uint64_t max_rows;
    _Atomic uint64_t n_rows;     /* numbers up to here may be in use; a row that is
                                 not has no due time */
    _Atomic uint64_t n_dropped;  /* files that can be seen */
    _Atomic uint64_t n_contents; /* of them, those that are no copies */
    _Atomic uint64_t n_bytes;
    _Atomic uint64_t n_found; /* documents that a query has returned */
    _Atomic uint64_t last_found_usec;
    _Atomic uint64_t max_late_usec; /* of droppers behind their schedule */
    _Atomic uint64_t n_late;        /* drops more than 10 ms behind it */
};

/* Room for max_rows; memory is taken when rows are written. */
int manifest_init(struct manifest *m, uint64_t max_rows) MUST_CHECK;
void manifest_done(struct manifest *m);

/* Counts a file that can be seen since `now_usec`. */
void manifest_dropped(struct manifest *m, uint64_t i, uint64_t now_usec);
/* The latency of document i, which was found at `now_usec`; -1 when it was
 * found before or is not one of ours. */
int64_t manifest_found(struct manifest *m, uint64_t i, uint64_t now_usec);
