/* peer.h - what penstock is measured against, on the same machine in the same
 * invocation: a database with one writer (SQLite), and the server's own bulk
 * load (COPY). */
#pragma once

#include "corpus.h"
#include "place.h"

/* Text of a document is cut here: PostgreSQL refuses a longer one its vector (1
 * MB). */
#define PEER_MAX_TEXT_BYTES 250000

/* The bytes as text: what is not UTF-8 becomes U+FFFD, NUL bytes go; cut at
 * PEER_MAX_TEXT_BYTES. */
void peer_text(const struct buf *bytes, struct buf *out);

/* Number, name of the file, hash as text: what peers store beside the text. */
struct peer_document {
    char name[40], sha256[65];
    struct buf text;
};

struct peer_figures {
    double seconds, cpu_seconds;
    uint64_t n_rows;            /* that are there in the end */
    uint64_t n_waits, n_locked; /* for a lock: waited; told "database is locked" */
    double waited_seconds;      /* of all processes together */
};

struct sqlite_plan {
    const char *corpus; /* folder with the documents */
    uint64_t n_documents;
    const char *const *names; /* of its files */
    const char *path;         /* of the database */
    unsigned n_processes, n_batch;
    bool waits; /* for a lock; else the program tries again itself */
};
/* Returns 1 and why. */
int sqlite_run(const struct sqlite_plan *plan, struct peer_figures *ret,
               struct reason *why) MUST_CHECK;

/* The rows of a corpus in files that COPY takes, in four parts. */
#define COPY_PARTS 4
struct copy_data {
    char text[COPY_PARTS][PATH_MAX], ready[COPY_PARTS][PATH_MAX];
};
enum copy_variant { COPY_BARE, COPY_GIN, COPY_READY, COPY_N_VARIANTS };
extern const char *const copy_variant_names[COPY_N_VARIANTS];

/* Makes the files: of the corpus, and of a table that the server has made
 * vectors for. */
int copy_prepare(struct place *place, const struct corpus *corpus, uint64_t n_documents,
                 struct copy_data *ret, struct reason *why) MUST_CHECK;
/* Loads them over n connections into a new table. */
int copy_run(struct place *place, const struct copy_data *data, enum copy_variant variant,
             unsigned n_connections, struct peer_figures *ret, struct reason *why) MUST_CHECK;
