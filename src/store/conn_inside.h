/* conn_inside.h - the inside of a connection: conn.c is its life, conn_request.c its requests. */
#pragma once

#include "connect.h"

enum conn_state { CONN_CONNECTING, CONN_IDLE, CONN_RUNNING, CONN_ROLLING_BACK, CONN_LOST };

struct request {
    conn_done *done;
    void *user;
    size_t n;
    size_t at; /* the statement whose results come next */
    struct rows **results;
    struct db_failure failure; /* the first one */
};

struct conn {
    struct loop *loop;
    struct conn_events events;
    void *user;
    PGconn *pg;
    enum conn_state state;
    struct fd_watch *watch;
    struct timer *timer; /* the deadline of connecting or of the request; or at once, to report
                            `broken` from the loop */
    bool broken;
    struct db_failure last_words; /* of the server, before it hung up */
    struct request request;
    uint64_t timeout_usec;
    uint64_t opened_usec, idle_since_usec;
    unsigned depth;
    bool freed;
    char where[256];
};

/* conn.c */
void conn_set_state(struct conn *c, enum conn_state state);
/* Ends the request and tells its owner, who may run the next one or free the connection. */
void conn_report(struct conn *c, const struct db_failure *failure);
/* Ends the connection: the running request hears LOST, then the owner hears `failure`. */
void conn_lose(struct conn *c, const struct db_failure *failure);
/* The same, with what the server or libpq last said. */
void conn_lose_broken(struct conn *c);
/* The same, later from the loop: for failures met outside of it. */
void conn_lose_soon(struct conn *c);

/* conn_request.c */
/* The socket is ready while connected. */
void conn_exchange(struct conn *c, int events);
