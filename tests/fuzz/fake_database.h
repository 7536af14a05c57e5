/* fake_database.h - the database of fake_pool.c: connections, and how a request on one ends. */
#pragma once

#include "fake_pool.h"

enum request_kind {
    REQUEST_STORE,
    REQUEST_COMMIT,
    REQUEST_ROLLBACK,
    REQUEST_CHECK,
    REQUEST_TRIAL,
    N_REQUESTS
};

struct connection {
    struct lane lane;
    enum request_kind kind;
    conn_done *done;
    bool probed;                    /* a trial: the database took the blank document */
    uint64_t written;               /* jobs that the open transaction finishes, a bit each */
    const char *outcomes[MAX_JOBS]; /* of those */
    bool new_contents[N_CONTENTS];
};

/* A result set: ordinals of rows of the batch. */
struct rows {
    const char *tag;
    size_t n;
    size_t ordinals[MAX_JOBS];
    const char *outcomes[MAX_JOBS];
    uint64_t documents[MAX_JOBS];
};

extern struct connection connections[N_LANES];

/* The finished row of a job. */
uint64_t document_of(const struct job *j);

/* Whether another transaction that is open would make this one wait. */
bool has_to_wait(const struct connection *c);

/* Ends the request that the connection has, by this byte of the input. */
void end_request(struct connection *c, uint8_t choice);

/* The commit that nobody waits for any more comes through. */
void settle_zombie(void);

/* Whether an open or late transaction holds the job's row. */
bool is_locked(size_t job);

/* No connection, no transaction; at most so many rows come at once. */
void database_begin(size_t max_rows);
