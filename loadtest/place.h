/* place.h - where a load test works: a scratch folder, a server, and a new
 * database for each run. With no database configured the server is penstock's
 * own private cluster, kept by an idle service under the scratch folder. */
#pragma once

#include "database.h"
#include "service.h"

struct place {
    char folder[PATH_MAX];  /* scratch; has every home */
    char program[PATH_MAX]; /* penstock */
    char *server;           /* connection string of a database that is there already; a
                      secret */
    bool is_private;        /* the server is the private cluster */
    bool keep;
    struct service keeper; /* of the private cluster */
    char database[64];     /* of the present run, "" when there is none */
    char *conninfo;        /* of it; a secret */
    unsigned n_databases, n_homes;
    bool no_checkpoint; /* the role may not ask for one */
};

struct place_options {
    const char *work; /* NULL: $TMPDIR, or /tmp */
    bool keep;        /* folder and databases stay */
    bool attach;      /* to a service that runs: nothing is made */
};

/* Makes the folder, starts the private cluster when no database is configured
 * (environment and .env, as penstock reads them). Returns 1 and why. */
int place_open(struct place *p, const struct place_options *options, struct reason *why) MUST_CHECK;
/* For a run that was kept, of which `run_folder` is the folder: its server.
 * Nothing is made or removed but the connection. Returns 1 and why. */
int place_reopen(struct place *p, const char *run_folder, struct reason *why) MUST_CHECK;
/* Stops and removes what it made; the folder in the background, as an archive
 * has 65,536 folders. Returns 1 and why when something stays behind. */
int place_close(struct place *p, struct reason *why) MUST_CHECK;

/* A new, empty database; what the server has put off is done first
 * (checkpoint), where the role may ask for that. Returns 1 and why. */
int place_database_new(struct place *p, struct reason *why) MUST_CHECK;
int place_database_drop(struct place *p, struct reason *why) MUST_CHECK;
int place_connect(const struct place *p, PGconn **ret, struct reason *why) MUST_CHECK;

/* A new folder `kind`-NUMBER in the scratch folder, with everything that a
 * service needs to be started there on the present database. */
int place_service(struct place *p, struct service *ret, struct reason *why) MUST_CHECK;

/* Waits until what is still to be written on the folder's file system is on the disk, so that it is
 * not written while a clock runs. */
void place_flush(const char *folder);
