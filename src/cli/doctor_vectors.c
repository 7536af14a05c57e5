/* doctor_vectors.c - the text search configuration: whether it is there, and who makes the search
 * vectors of documents, workers or the database (docs/ARCHITECTURE.md, "The search vector").
 *
 * The judgement is that of the pool at its start, by the same code with the same sample; so are the
 * words (lexicon.off in the log). The schema need not be there yet.
 */
#include "cli/doctor.h"

#include "cli/database.h"
#include "sql.h"
#include "store/dictionaries.h"

#include <string.h>

/* A statement whose one parameter is the configuration's name; NULL, and why. */
static struct rows *ask(const struct doctor *d, struct session *s, const char *sql,
                        struct reason *why)
{
    const char *name = settings_text(d->settings, SETTING_TEXT_CONFIG);
    struct params *p = params_new();
    struct rows *rows = NULL;

    reason_set(why, "out of memory");
    if (p) {
        params_add_text(p, name, strlen(name));
        if (database_try_query(s, sql, p, &rows, why) != 0)
            rows = NULL;
    }
    params_free(p);
    return rows;
}

static bool check_configuration(struct doctor *d, struct session *s)
{
    struct reason why;
    struct rows *rows = ask(d, s, sql_text_config_check, &why);
    const char *name = settings_text(d->settings, SETTING_TEXT_CONFIG);

    if (rows) {
        doctor_add(d, FINDING_OK, "search", "text search configuration %s exists", name);
        rows_free(rows);
        return true;
    }
    doctor_add(d, FINDING_FAIL, "search", "text search configuration %s cannot be used: %s", name,
               why.text);
    doctor_remedy(d,
                  "set PENSTOCK_TEXT_CONFIG to one of pg_ts_config (english, german, simple, ...)");
    doctor_failed_with(d, EXIT_DATABASE);
    return false;
}

static void tell_workers_make_them(struct doctor *d, struct session *s)
{
    struct reason why;
    struct rows *rows = ask(d, s, sql_cli_dictionaries, &why);

    if (rows && rows_count(rows) == 1)
        doctor_add(d, FINDING_OK, "search vectors",
                   "workers make them, a sample is as the database's own (parser %s; dictionaries: "
                   "%s)",
                   rows_bytes(rows, 0, 0, NULL), rows_bytes(rows, 0, 1, NULL));
    else
        doctor_add(d, FINDING_OK, "search vectors",
                   "workers make them, a sample is as the database's own");
    rows_free(rows);
}

void doctor_check_vectors(struct doctor *d, struct session *s)
{
    size_t bytes = (size_t)settings_number(d->settings, SETTING_LEXICON_BYTES);
    struct dictionaries dictionaries;
    struct lexicon *lexicon = NULL;
    struct reason why = {""};

    if (!check_configuration(d, s)) {
        doctor_add(d, FINDING_FAIL, "search vectors",
                   "nobody can make them without a text search configuration");
        doctor_failed_with(d, EXIT_DATABASE);
    } else if (dictionaries_open(s, settings_text(d->settings, SETTING_TEXT_CONFIG), bytes,
                                 &dictionaries, &lexicon, &why) == 0) {
        tell_workers_make_them(d, s);
    } else {
        doctor_add(d, FINDING_WARN, "search vectors", "the database makes them: %s", why.text);
        doctor_remedy(d, "nothing is wrong, but storing documents takes the database longer; see "
                         "docs/OPERATIONS.md, Search vectors");
    }
    (void)lexicon_free(lexicon);
}
