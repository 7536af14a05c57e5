/* trial.c - see trial.h. Figures are made in figures.c. */
#include "trial.h"

#include "attach.h"
#include "figures.h"
#include "loadtest_sql.h"
#include "stop.h"
#include "verify.h"

#include "base/clock.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_USEC  (5 * USEC_PER_MSEC)
#define QUIET_USEC (2 * USEC_PER_SEC) /* then the jobs are asked */

static int set(struct trial *t, const char *name, const char *value, struct reason *why)
{
    if (settings_list_set(&t->service.settings, name, value) == 0)
        return 0;
    reason_set(why, "too many settings, or out of memory");
    return 1;
}

static int add_settings(struct trial *t, struct reason *why)
{
    const struct settings_list *l = t->options->settings;
    int r = set(t, "PENSTOCK_AFTER", t->options->after, why);

    for (size_t i = 0; i < l->n && r == 0; i++) {
        char name[128];

        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(l->list[i], "="), l->list[i]);
        r = set(t, name, strchr(l->list[i], '=') + 1, why);
    }
    return r;
}

static int start_service(struct trial *t, struct reason *why)
{
    int r = place_database_new(t->place, why);

    if (r == 0)
        r = place_service(t->place, &t->service, why) || add_settings(t, why);
    if (r == 0)
        r = service_start(&t->service, why);
    if (r != 0)
        return r;
    t->supervisor = t->service.pid;
    (void)snprintf(t->after, sizeof(t->after), "%s",
                   settings_list_get(&t->service.settings, "PENSTOCK_AFTER"));
    t->conninfo = strdup(t->place->conninfo);
    (void)snprintf(t->collection, sizeof(t->collection), "default");
    if (snprintf(t->inbox, sizeof(t->inbox), "%s/service/inbox", t->service.folder) >=
            (int)sizeof(t->inbox) ||
        snprintf(t->archive, sizeof(t->archive), "%s/service/archive", t->service.folder) >=
            (int)sizeof(t->archive) ||
        !t->conninfo) {
        reason_set(why, "%s: too long, or out of memory", t->service.folder);
        return 1;
    }
    return 0;
}

static int prepare_drops(struct trial *t, struct reason *why)
{
    const struct trial_options *o = t->options;
    int r = manifest_init(&t->manifest, o->n_documents);

    if (r < 0) {
        reason_set(why, "no memory for %llu documents", (unsigned long long)o->n_documents);
        return 1;
    }
    (void)snprintf(t->prefix, sizeof(t->prefix), "loadtest-%d-%llu", (int)getpid(),
                   (unsigned long long)(clock_wall_usec() / USEC_PER_MSEC));
    t->drop = (struct drop){
        .corpus = o->corpus,
        .manifest = &t->manifest,
        .inbox = t->inbox,
        .prefix = t->prefix,
        .mode = o->mode,
        .schedule.rate = o->mode == DROP_RATE ? o->rate : 0,
        .n_documents = o->n_documents,
        .max_waiting = o->max_waiting,
        .n_threads = o->n_droppers,
        .hash = o->verify || t->place->keep,
    };
    r = drop_prepare(&t->drop, why);
    if (r == 0)
        place_flush(t->inbox);
    return r;
}

int trial_open(struct trial *t, struct place *place, const struct trial_options *options,
               struct reason *why)
{
    int r;

    *t = (struct trial){.place = place, .options = options};
    r = options->attach ? attach_find(t, why) : start_service(t, why);
    if (r == 0)
        r = prepare_drops(t, why);
    if (r == 0)
        r = watch_open(&t->watch, t->conninfo, &t->manifest, t->prefix, options->poll_usec, why);
    if (r == 0)
        r = sampler_open(&t->sampler, t->conninfo, t->watch.pg, t->supervisor, why);
    if (r == 0 && options->attach)
        r = (t->totals_before = figures_totals(t->sampler.pg, why)) ? 0 : 1;
    return r;
}

int trial_start(struct trial *t, struct reason *why)
{
    return sampler_start(&t->sampler, why) || watch_start(&t->watch, why) ||
           drop_start(&t->drop, why);
}

bool trial_has_failed(struct trial *t)
{
    if (t->failure.text[0])
        return true;
    if (stop_requested())
        reason_set(&t->failure, "interrupted");
    else if (!t->options->attach ? service_has_ended(&t->service) : kill(t->supervisor, 0) < 0)
        reason_set(&t->failure, "the service has ended by itself");
    else if (t->watch.failed)
        reason_set(&t->failure, "%s", t->watch.failure.text);
    else if (t->drop.error < 0)
        reason_set(&t->failure, "dropping into %s failed: %s", t->inbox, strerror(-t->drop.error));
    return t->failure.text[0] != '\0';
}

/* Of our files. */
static int ask_jobs(struct trial *t)
{
    const char *prefix = t->prefix;
    PGresult *rows = NULL;
    PGconn *pg = NULL;
    int r = database_open(t->conninfo, &pg, &t->failure);

    if (r == 0)
        r = database_query(pg, sql_jobs_ended, 1, &prefix, &rows, &t->failure);
    if (r == 0) {
        t->n_ended = (uint64_t)database_int(rows, 0, 0);
        t->n_quarantined = (uint64_t)database_int(rows, 0, 1);
        PQclear(rows);
    }
    database_close(pg);
    return r;
}

static uint64_t n_dropped(const struct trial *t)
{
    return atomic_load(&t->manifest.n_dropped);
}

/* Documents are watched as they come; the jobs table is read as a whole, so
 * only when it is needed: for copies, which make no document, and when nothing
 * comes any more. */
static bool is_through(struct trial *t, bool ask)
{
    bool all_found = atomic_load(&t->manifest.n_found) >= atomic_load(&t->manifest.n_contents);
    bool copies = n_dropped(t) > atomic_load(&t->manifest.n_contents);

    if (!drop_is_through(&t->drop))
        return false;
    if (all_found && !copies) {
        t->n_ended = n_dropped(t);
        return true;
    }
    return (all_found || ask) && ask_jobs(t) == 0 && t->n_ended >= n_dropped(t);
}

static void wait_found(struct trial *t)
{
    uint64_t n, last_n = 0, progress_usec = clock_now_usec(), asked_usec = progress_usec, now;

    while (!trial_has_failed(t)) {
        now = clock_now_usec();
        n = atomic_load(&t->manifest.n_found) + n_dropped(t);
        if (n != last_n) {
            last_n = n;
            progress_usec = asked_usec = now;
        }
        if (is_through(t, now - asked_usec > QUIET_USEC))
            return;
        if (now - asked_usec > QUIET_USEC)
            asked_usec = now;
        if (now - progress_usec > t->options->patience_usec && drop_is_through(&t->drop)) {
            reason_set(&t->failure,
                       "of %llu documents %llu can be found, and no more came for %llu s",
                       (unsigned long long)atomic_load(&t->manifest.n_contents),
                       (unsigned long long)atomic_load(&t->manifest.n_found),
                       (unsigned long long)(t->options->patience_usec / USEC_PER_SEC));
            return;
        }
        (void)stop_sleep(LOOK_USEC);
    }
}

/* Files of ours that are still in the inbox. */
static bool is_filed(const struct trial *t)
{
    char path[PATH_MAX + 80];
    struct dirent *entry;
    bool empty = true;
    DIR *folder;

    (void)snprintf(path, sizeof(path), "%s/%s", t->inbox, t->prefix);
    folder = opendir(path);
    while (folder && empty && (entry = readdir(folder)))
        empty = entry->d_name[0] == '.';
    if (folder)
        (void)closedir(folder);
    return empty;
}

void trial_stop_dropping(struct trial *t)
{
    struct reason why;

    if (drop_end(&t->drop, &why) != 0 && !t->failure.text[0])
        reason_set(&t->failure, "%s", why.text);
    t->drop.n_documents = n_dropped(t);
}

void trial_wait(struct trial *t)
{
    uint64_t end;
    bool kept = strcmp(t->after, "keep") == 0;

    wait_found(t);
    end = clock_now_usec() + t->options->patience_usec;
    while (!kept && !trial_has_failed(t) && !is_filed(t)) {
        if (clock_now_usec() > end) {
            reason_set(&t->failure, "originals are still in %s/%s", t->inbox, t->prefix);
            break;
        }
        (void)stop_sleep(LOOK_USEC);
    }
    t->filed_usec = clock_now_usec();
}

int trial_close(struct trial *t, struct reason *why)
{
    struct reason unused;
    char path[PATH_MAX + 80];
    int r;

    (void)drop_end(&t->drop, &unused);
    (void)watch_end(&t->watch, &unused);
    sampler_end(&t->sampler);
    watch_close(&t->watch);
    sampler_close(&t->sampler);
    r = service_stop(&t->service, why);
    if (t->place->keep && !t->options->attach && atomic_load(&t->manifest.n_dropped) > 0)
        r |= verify_keep(t, why);
    if (t->options->attach) {
        (void)snprintf(path, sizeof(path), "%s/%s", t->inbox, t->prefix);
        (void)rmdir(path);
    } else {
        r |= place_database_drop(t->place, why);
    }
    manifest_done(&t->manifest);
    json_decref(t->totals_before);
    settings_list_done(&t->service.settings);
    free(t->conninfo);
    t->conninfo = NULL;
    return r;
}

json_t *trial_run(struct place *place, const struct trial_options *options, struct reason *why)
{
    struct trial *t = malloc(sizeof(*t));
    json_t *figures = NULL;
    struct reason late;

    if (!t) {
        reason_set(why, "out of memory");
        return NULL;
    }
    if (trial_open(t, place, options, why) == 0 && trial_start(t, why) == 0) {
        trial_wait(t);
        figures = trial_figures(t, why);
    }
    if (trial_close(t, &late) != 0 && figures) {
        reason_set(why, "%s", late.text);
        json_decref(figures);
        figures = NULL;
    }
    free(t);
    return figures;
}
