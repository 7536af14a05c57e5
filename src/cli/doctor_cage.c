/* doctor_cage.c - the doctor's look at the sandbox of the workers: what this machine offers, layer
 * by layer, and what the workers of a running service really have (worker_page.layers). */
#include "cli/doctor.h"

#include "base/cage.h"
#include "base/stats.h"
#include "cli/service.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char check[] = "sandbox";

/* What is missing matters as much as PENSTOCK_SANDBOX says. */
static enum finding_level level_of_missing(const struct doctor *d)
{
    static const enum finding_level levels[] = {
        [CAGE_REQUIRED] = FINDING_FAIL, [CAGE_BEST_EFFORT] = FINDING_WARN, [CAGE_OFF] = FINDING_OK};

    return levels[settings_number(d->settings, SETTING_SANDBOX)];
}

static void check_user(struct doctor *d)
{
    struct cage_user user;
    struct reason why = {""};

    if (cage_find_user(d->settings, &user, &why) != 0) {
        doctor_add(d, level_of_missing(d), check, "%s", why.text);
        doctor_remedy(d, "name an ordinary user in PENSTOCK_WORKER_USER, or run penstock as one");
    } else if (user.change) {
        doctor_add(d, FINDING_OK, check, "own user: workers become %s (uid %u)",
                   settings_text(d->settings, SETTING_WORKER_USER), user.uid);
    } else {
        doctor_add(d, FINDING_OK, check,
                   "own user: workers run as uid %u, as penstock does; PENSTOCK_WORKER_USER is for "
                   "services that are started as root",
                   geteuid());
    }
}

static void check_landlock(struct doctor *d)
{
    int abi = cage_landlock_abi();

    if (abi == 0) {
        doctor_add(d, level_of_missing(d), check, "Landlock: this kernel does not offer it");
        doctor_remedy(d, "Linux 5.13 or later, with landlock among the modules of lsm=");
        return;
    }
    doctor_add(d, FINDING_OK, check, "Landlock: ABI %d: no path%s%s", abi,
               abi >= 4 ? ", no TCP" : "", abi >= 6 ? ", no signals to others" : "");
}

static void check_seccomp(struct doctor *d)
{
    if (cage_has_seccomp()) {
        doctor_add(d, FINDING_OK, check, "seccomp: a forbidden system call ends the worker");
        return;
    }
    doctor_add(d, level_of_missing(d), check, "seccomp: this kernel offers no filters");
    doctor_remedy(d, "a kernel with CONFIG_SECCOMP_FILTER, 4.14 or later");
}

static void check_limits(struct doctor *d)
{
    const struct settings *s = d->settings;

    doctor_add(d, FINDING_OK, check,
               "limits: %s of memory, %s s of processor time, %s s in all, %s without progress",
               settings_text(s, SETTING_MAX_MEMORY), settings_text(s, SETTING_MAX_CPU_SECONDS),
               settings_text(s, SETTING_MAX_SECONDS), settings_text(s, SETTING_MAX_SILENCE));
}

static void describe(unsigned layers, char *ret, size_t size)
{
    static const struct {
        enum cage_layer bit;
        const char *name;
    } names[] = {{CAGE_USER, "own user"}, {CAGE_LANDLOCK, "Landlock"}, {CAGE_SECCOMP, "seccomp"}};

    ret[0] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (layers & names[i].bit)
            (void)snprintf(ret + strlen(ret), size - strlen(ret), "%s, ", names[i].name);
    (void)snprintf(ret + strlen(ret), size - strlen(ret), "limits");
}

/* Of the workers that run: what all of them have; one that is only starting has nothing yet. False:
 * none runs. */
static bool read_layers(const struct doctor *d, unsigned *ret)
{
    char path[PATH_MAX];
    struct stats_map map;
    bool any = false;

    if (service_runs(d->settings) <= 0 ||
        settings_home_path(d->settings, "run/stats", path, sizeof(path)) < 0 ||
        stats_open(path, &map) != 0)
        return false;
    *ret = CAGE_ALL;
    for (unsigned i = 0; i < STATS_MAX_WORKERS; i++) {
        const struct worker_page *page = stats_worker(&map, i);
        unsigned layers = atomic_load(&page->layers);

        if (atomic_load(&page->pid) == 0 || layers == 0)
            continue;
        any = true;
        *ret &= layers;
    }
    stats_close(&map);
    return any;
}

static void check_running(struct doctor *d)
{
    unsigned layers;
    char text[128];

    if (!read_layers(d, &layers))
        return;
    describe(layers, text, sizeof(text));
    doctor_add(d, layers == CAGE_ALL ? FINDING_OK : level_of_missing(d), check,
               "the running workers have: %s", text);
}

void doctor_check_cage(struct doctor *d)
{
    if (settings_number(d->settings, SETTING_SANDBOX) == CAGE_OFF) {
        doctor_add(d, FINDING_WARN, check, "PENSTOCK_SANDBOX=off: parsers have limits only");
        doctor_remedy(d, "leave PENSTOCK_SANDBOX at best_effort, or set it to required");
    }
    check_user(d);
    check_landlock(d);
    check_seccomp(d);
    check_limits(d);
    check_running(d);
}
