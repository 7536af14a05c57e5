/* place.c - see place.h. Nothing here has a fixed name, so leftovers of a test
 * that was killed are in nobody's way. */
#include "place.h"

#include "loadtest_sql.h"
#include "server.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"
#include "base/settings.h"

#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_TRIES 100

extern char **environ;

static int add(struct service *s, const char *name, const char *value, struct reason *why)
{
    if (settings_list_set(&s->settings, name, value) == 0)
        return 0;
    reason_set(why, "too many settings, or out of memory");
    return 1;
}

static int make_folder(struct place *p, const char *work, struct reason *why)
{
    const char *base = work ? work : getenv("TMPDIR");
    char path[PATH_MAX];

    if (!realpath(base && *base ? base : "/tmp", path)) {
        reason_set(why, "%s: %s", base, strerror(errno));
        return 1;
    }
    if (snprintf(p->folder, sizeof(p->folder), "%s/penstock-loadtest-XXXXXX", path) >=
        (int)sizeof(p->folder)) {
        reason_set(why, "%s: too long", path);
        return 1;
    }
    /* The user of a private cluster has to get through. */
    if (!mkdtemp(p->folder) || chmod(p->folder, 0711) < 0) {
        reason_set(why, "%s: %s", p->folder, strerror(errno));
        p->folder[0] = '\0';
        return 1;
    }
    return 0;
}

static int begin_service(struct place *p, const char *name, struct service *ret, struct reason *why)
{
    static const char *const inherited[] = {"PATH", "HOME", "TZ"};
    char home[PATH_MAX];
    int r = 0;

    *ret = (struct service){0};
    (void)snprintf(ret->program, sizeof(ret->program), "%s", p->program);
    if (snprintf(ret->folder, sizeof(ret->folder), "%s/%s", p->folder, name) >=
            (int)sizeof(ret->folder) ||
        snprintf(home, sizeof(home), "%s/service", ret->folder) >= (int)sizeof(home)) {
        reason_set(why, "%s: too long", p->folder);
        return 1;
    }
    if (fd_make_directories(home, 0755) < 0) {
        reason_set(why, "%s: %s", home, strerror(errno));
        return 1;
    }
    for (size_t i = 0; i < ARRAY_SIZE(inherited) && r == 0; i++)
        r = add(ret, inherited[i], getenv(inherited[i]), why);
    return r || add(ret, "LC_ALL", "C.UTF-8", why) || add(ret, "PENSTOCK_HOME", home, why);
}

static int start_cluster(struct place *p, struct reason *why)
{
    char home[PATH_MAX + 8];
    int r = begin_service(p, "cluster", &p->keeper, why);

    if (r == 0)
        r = add(&p->keeper, "PENSTOCK_WORKERS", "1", why);
    if (r == 0)
        r = service_start(&p->keeper, why);
    if (r != 0)
        return r;
    (void)snprintf(home, sizeof(home), "%s/service", p->keeper.folder);
    p->server = server_private(home, why);
    return p->server ? 0 : 1;
}

static int load_settings(struct settings *s, bool check, struct reason *why)
{
    int r = settings_init(s);

    if (r == 0)
        r = settings_load(s, ".env", environ, why);
    if (r == 0 && check)
        r = settings_check(s, why);
    if (r < 0)
        reason_set(why, "the settings cannot be read: %s", strerror(-r));
    return r != 0;
}

static int find_server(struct place *p, bool attach, struct reason *why)
{
    struct settings s;
    int r = load_settings(&s, attach, why);

    p->is_private = r == 0 && settings_embedded(&s);
    if (r == 0 && p->is_private && !attach)
        r = start_cluster(p, why);
    else if (r == 0) {
        p->server = p->is_private ? server_private(settings_text(&s, SETTING_HOME), why)
                                  : server_configured(&s, why);
        r = p->server ? 0 : 1;
    }
    settings_done(&s);
    return r != 0;
}

static int find_program(struct place *p, struct reason *why)
{
    if (process_sibling_program("penstock", p->program, sizeof(p->program)) == 0 &&
        access(p->program, X_OK) == 0)
        return 0;
    reason_set(why, "there is no program penstock beside this one");
    return 1;
}

int place_open(struct place *p, const struct place_options *options, struct reason *why)
{
    struct reason late = {""};

    *p = (struct place){.keep = options->keep};
    if (find_program(p, why) != 0)
        return 1;
    if ((options->attach || make_folder(p, options->work, why) == 0) &&
        find_server(p, options->attach, why) == 0)
        return 0;
    p->keep = false;
    if (place_close(p, &late) != 0)
        reason_add(why, "%s", late.text);
    return 1;
}

int place_reopen(struct place *p, const char *run_folder, struct reason *why)
{
    struct reason late = {""};
    char *end;

    *p = (struct place){.keep = true};
    if (find_program(p, why) != 0)
        return 1;
    if (!realpath(run_folder, p->folder) || !(end = strrchr(p->folder, '/'))) {
        reason_set(why, "%s: %s", run_folder, strerror(errno));
        return 1;
    }
    *end = '\0';
    if (find_server(p, false, why) == 0)
        return 0;
    if (place_close(p, &late) != 0)
        reason_add(why, "%s", late.text);
    return 1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)where;
    (void)(kind == FTW_DP ? rmdir(path) : unlink(path));
    return 0;
}

/* In a child that outlives us, out of everybody's way. */
static int remove_folder(const char *folder, struct reason *why)
{
    char aside[PATH_MAX + 8];
    pid_t pid;

    (void)snprintf(aside, sizeof(aside), "%s.gone", folder);
    if (rename(folder, aside) < 0) {
        reason_set(why, "%s: %s", folder, strerror(errno));
        return 1;
    }
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0) {
        (void)setsid();
        (void)setpriority(PRIO_PROCESS, 0, 19);
        (void)close(0);
        (void)close(1);
        (void)close(2);
        (void)nftw(aside, remove_one, 64, FTW_DEPTH | FTW_PHYS);
        _exit(0);
    }
    if (pid < 0)
        reason_set(why, "%s is left behind: %s", aside, strerror(errno));
    return pid < 0;
}

int place_close(struct place *p, struct reason *why)
{
    int r = place_database_drop(p, why);

    r |= service_stop(&p->keeper, why);
    if (p->folder[0] && !p->keep)
        r |= remove_folder(p->folder, why);
    settings_list_done(&p->keeper.settings);
    free(p->server);
    p->server = NULL;
    return r;
}

/* Another test's database may have the name, when this is another machine's
 * process number. */
static int create(struct place *p, PGconn *pg, struct reason *why)
{
    int r = 1;

    for (int i = 0; i < MAX_TRIES && r != 0; i++) {
        (void)snprintf(p->database, sizeof(p->database), "penstock_loadtest_%d_%u", (int)getpid(),
                       ++p->n_databases);
        r = database_query_made(pg, sql_database_create, p->database, why);
        if (r != 0 && !strstr(why->text, "already exists"))
            break;
    }
    if (r != 0 && strstr(why->text, "permission denied to create database"))
        reason_add(why, "the role of DATABASE_URL needs CREATEDB");
    if (r != 0)
        p->database[0] = '\0';
    return r;
}

int place_database_new(struct place *p, struct reason *why)
{
    struct reason unused;
    PGconn *pg = NULL;
    int r = database_open(p->server, &pg, why);

    if (r == 0)
        r = create(p, pg, why);
    if (r == 0)
        r = (p->conninfo = database_conninfo(p->server, p->database, why)) ? 0 : 1;
    if (r == 0 && database_script(pg, sql_checkpoint, &unused) != 0)
        p->no_checkpoint = true;
    database_close(pg);
    return r;
}

int place_database_drop(struct place *p, struct reason *why)
{
    PGconn *pg = NULL;
    int r = 0;

    if (p->database[0] && !p->keep) {
        r = database_open(p->server, &pg, why);
        if (r == 0)
            r = database_query_made(pg, sql_database_drop, p->database, why);
        database_close(pg);
    }
    free(p->conninfo);
    p->conninfo = NULL;
    p->database[0] = '\0';
    return r;
}

int place_connect(const struct place *p, PGconn **ret, struct reason *why)
{
    return database_open(p->conninfo, ret, why);
}

int place_service(struct place *p, struct service *ret, struct reason *why)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "run-%u", ++p->n_homes);
    return begin_service(p, name, ret, why) || add(ret, "DATABASE_URL", p->conninfo, why);
}

void place_flush(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)syncfs(fd);
        (void)close(fd);
    }
}
