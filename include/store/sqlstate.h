/* sqlstate.h - what an error of the database means for the work that met it (PostgreSQL manual,
 * appendix A). */
#pragma once

#include "base/err.h"

enum sqlstate_class {
    SQLSTATE_OK,
    SQLSTATE_RETRY,  /* transient: wait and run the same again (deadlock, restart, disk full, too
                        many connections) */
    SQLSTATE_LOST,   /* the connection is gone; whether a COMMIT in flight took effect is unknown */
    SQLSTATE_SPLIT,  /* perhaps too much at once (time, memory): run it in smaller parts */
    SQLSTATE_POISON, /* the data is refused: some row of the batch is to blame */
    SQLSTATE_ALONE,  /* nobody is to blame, but perhaps it is one row that meets it (a lock on its
                        key, an error that nobody thought of): it may wait alone */
    SQLSTATE_CONFIG, /* schema, rights or configuration are wrong: retrying helps only after
                        somebody mended it */
};

/* `sqlstate` is five characters, or NULL or "" when the failure came from libpq itself (then LOST).
 */
enum sqlstate_class sqlstate_classify(const char *sqlstate);
const char *sqlstate_class_name(enum sqlstate_class c);
