/* doctor_vectors.c - the text search configurations: whether they are there, and who makes the search
 * vectors of documents, workers or the database (docs/ARCHITECTURE.md, "The search vector").
 *
 * The judgement is that of the pool at its start, by the same code with the same sample; so are the
 * words (lexicon.off in the log). The schema need not be there yet.
 */
#include "cli/doctor.h"

#include "cli/database.h"
#include "sql.h"
#include "store/dictionaries.h"

#include <stdlib.h>
#include <string.h>

/* The one that is set, or all those of languages; NULL: none can be had. */
static struct dictionaries *find(struct doctor *d, struct session *s)
{
    const char *setting = settings_text(d->settings, SETTING_TEXT_CONFIG);
    struct dictionaries *found = calloc(1, sizeof(*found));
    struct db_failure failure = {.text = "out of memory"};

    if (found && dictionaries_find(s, setting, found, &failure) == 0)
        return found;
    free(found);
    doctor_add(d, FINDING_FAIL, "search", "text search configuration %s cannot be used: %s",
               setting, failure.text);
    doctor_remedy(d, "set PENSTOCK_TEXT_CONFIG to one of pg_ts_config (english, german, simple, "
                     "...), or to auto");
    doctor_failed_with(d, EXIT_DATABASE);
    return NULL;
}

static size_t count(const struct dictionaries *l, enum lexicon_config state, struct buf *ret_names)
{
    size_t n = 0;

    buf_clear(ret_names);
    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++) {
        if (l->configs[i].state != state)
            continue;
        buf_printf(ret_names, "%s%s", n > 0 ? ", " : "", l->configs[i].name);
        n++;
    }
    return n;
}

static void tell_found(struct doctor *d, const struct dictionaries *l)
{
    struct buf names = BUF_INIT;
    size_t n = count(l, CONFIG_LEFT, &names);

    if (n > 1)
        doctor_add(d, FINDING_OK, "search",
                   "text search configurations for the languages of documents: %zu (%s)", n,
                   buf_text(&names));
    else
        doctor_add(d, FINDING_OK, "search", "text search configuration %s exists",
                   settings_text(d->settings, SETTING_TEXT_CONFIG));
    buf_done(&names);
}

/* What the only configuration is made of; NULL when that cannot be had. */
static struct rows *ask_parts(const struct text_config *c, struct session *s)
{
    struct params *p = params_new();
    struct rows *rows = NULL;
    struct reason why;

    if (p) {
        params_add_text(p, c->name, strlen(c->name));
        if (database_try_query(s, sql_cli_dictionaries, p, &rows, &why) != 0)
            rows = NULL;
    }
    params_free(p);
    return rows;
}

static void tell_workers_make_them(struct doctor *d, struct session *s,
                                   const struct dictionaries *l)
{
    struct buf names = BUF_INIT;
    size_t n = count(l, CONFIG_KNOWN, &names);
    struct rows *rows = n == 1 ? ask_parts(&l->configs[0], s) : NULL;

    if (rows && rows_count(rows) == 1)
        doctor_add(d, FINDING_OK, "search vectors",
                   "workers make them, a sample is as the database's own (parser %s; dictionaries: "
                   "%s)",
                   rows_bytes(rows, 0, 0, NULL), rows_bytes(rows, 0, 1, NULL));
    else
        doctor_add(d, FINDING_OK, "search vectors",
                   "workers make them, a sample is as the database's own under each of %zu "
                   "configurations",
                   n);
    rows_free(rows);
    buf_done(&names);
}

static void tell_database_makes_them(struct doctor *d, const char *config, const char *why)
{
    doctor_add(d, FINDING_WARN, "search vectors", "the database makes them%s%s: %s",
               config ? " under " : "", config ? config : "", why);
    doctor_remedy(d, "nothing is wrong, but storing documents takes the database longer; see "
                     "docs/OPERATIONS.md, Search vectors");
}

static void tell_left(struct doctor *d, const struct dictionaries *l)
{
    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        if (l->configs[i].state == CONFIG_LEFT)
            tell_database_makes_them(d, l->configs[i].name, l->configs[i].why);
}

void doctor_check_vectors(struct doctor *d, struct session *s)
{
    size_t bytes = (size_t)settings_number(d->settings, SETTING_LEXICON_BYTES);
    struct dictionaries *found = find(d, s);
    struct lexicon *lexicon = NULL;
    struct reason why = {""};

    if (!found) {
        doctor_add(d, FINDING_FAIL, "search vectors",
                   "nobody can make them without a text search configuration");
        doctor_failed_with(d, EXIT_DATABASE);
        return;
    }
    tell_found(d, found);
    if (dictionaries_open(s, found, bytes, &lexicon, &why) != 0) {
        tell_database_makes_them(d, NULL, why.text);
    } else {
        tell_workers_make_them(d, s, found);
        tell_left(d, found);
    }
    (void)lexicon_free(lexicon);
    free(found);
}
