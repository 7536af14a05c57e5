/* sqlstate.c - the policy towards errors of the database, as one table.
 *
 * The longest matching prefix decides. What is not listed is ALONE: a code that nobody thought of
 * must neither blame a document nor stop the service. No error is ever OK, also not one that a
 * trigger raised with a code of the classes 00 to 02.
 */
#include "store/sqlstate.h"

#include <string.h>

static const struct {
    const char *prefix;
    enum sqlstate_class class;
} table[] = {
    {"08",
     SQLSTATE_LOST}, /* connection exception; 08P01 is also what PgBouncer says of a lost server */
    {"0A", SQLSTATE_CONFIG}, /* feature not supported */
    {"0L", SQLSTATE_CONFIG}, /* invalid grantor */
    {"0P", SQLSTATE_CONFIG}, /* invalid role */
    {"21", SQLSTATE_SPLIT},  /* cardinality: the same row twice in one command; alone each of them
                                passes */
    {"22", SQLSTATE_POISON}, /* data exception */
    {"22023", SQLSTATE_CONFIG}, /* invalid parameter value: of a setting, not of a document */
    {"23", SQLSTATE_POISON},    /* integrity constraint (23502 null, 23514 check) */
    {"23503", SQLSTATE_SPLIT},  /* foreign key: the other row went meanwhile */
    {"23505", SQLSTATE_SPLIT},  /* unique: two rows of this batch, or another node was first */
    {"25", SQLSTATE_RETRY},     /* invalid transaction state */
    {"25006", SQLSTATE_LOST},   /* read-only: the server was demoted, so look for the right one */
    {"25P03", SQLSTATE_LOST},   /* idle in transaction for too long: the server hung up */
    {"28", SQLSTATE_CONFIG},    /* invalid authorization */
    {"3D", SQLSTATE_CONFIG},    /* no such database */
    {"3F", SQLSTATE_CONFIG},    /* no such schema */
    {"40", SQLSTATE_RETRY},     /* 40001 serialization, 40P01 deadlock */
    {"40003", SQLSTATE_LOST},   /* statement completion unknown */
    {"42", SQLSTATE_CONFIG},    /* syntax, rights, names that do not exist */
    {"44", SQLSTATE_POISON},    /* with check option */
    {"53", SQLSTATE_RETRY},     /* disk full, too many connections */
    {"53200", SQLSTATE_SPLIT},  /* out of memory */
    {"54", SQLSTATE_POISON},   /* program limit: vector or index entry too long, nesting too deep */
    {"55", SQLSTATE_ALONE},    /* 55P03 lock not available, 55006 in use */
    {"57", SQLSTATE_RETRY},    /* operator intervention; 57P03 is starting up or shutting down */
    {"57014", SQLSTATE_SPLIT}, /* cancelled: statement time-out */
    {"57P01", SQLSTATE_LOST},  /* administrator's shutdown */
    {"57P02", SQLSTATE_LOST},  /* crash of another backend */
    {"57P04", SQLSTATE_CONFIG}, /* database dropped */
    {"57P05", SQLSTATE_LOST},   /* idle session time-out */
    {"58", SQLSTATE_RETRY},     /* system error, input and output */
    {"P0001", SQLSTATE_POISON}, /* raised by somebody's trigger: the data is refused */
    {"XX", SQLSTATE_RETRY},
    {"XX000",
     SQLSTATE_SPLIT}, /* internal error; a malformed binary tsvector is one, so isolate the row */
    {"XX001", SQLSTATE_CONFIG}, /* data corrupted: an operator must look */
    {"XX002", SQLSTATE_CONFIG}, /* index corrupted */
};

enum sqlstate_class sqlstate_classify(const char *sqlstate)
{
    enum sqlstate_class class = SQLSTATE_ALONE;
    size_t longest = 0;

    if (!sqlstate || sqlstate[0] == '\0')
        return SQLSTATE_LOST;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        size_t length = strlen(table[i].prefix);

        if (length > longest && strncmp(sqlstate, table[i].prefix, length) == 0) {
            longest = length;
            class = table[i].class;
        }
    }
    return class;
}

const char *sqlstate_class_name(enum sqlstate_class c)
{
    static const char *const names[] = {
        [SQLSTATE_OK] = "ok",       [SQLSTATE_RETRY] = "retry",   [SQLSTATE_LOST] = "lost",
        [SQLSTATE_SPLIT] = "split", [SQLSTATE_POISON] = "poison", [SQLSTATE_CONFIG] = "config",
        [SQLSTATE_ALONE] = "alone",
    };

    return (unsigned)c < ARRAY_SIZE(names) ? names[c] : "unknown";
}
