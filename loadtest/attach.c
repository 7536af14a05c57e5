/* attach.c - see attach.h. */
#include "attach.h"

#include "base/settings.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

static int load(struct settings *s, struct reason *why)
{
    int r = settings_init(s);

    if (r == 0)
        r = settings_load(s, ".env", environ, why);
    if (r == 0)
        r = settings_check(s, why);
    if (r < 0)
        reason_set(why, "the settings cannot be read: %s", strerror(-r));
    return r != 0;
}

static int find_inbox(struct trial *t, const struct settings *s, struct reason *why)
{
    struct collections inboxes = {0};
    int r = settings_collections(s, &inboxes, why);

    if (r != 0 || inboxes.n == 0)
        return 1;
    (void)snprintf(t->inbox, sizeof(t->inbox), "%s", inboxes.list[0].path);
    (void)snprintf(t->collection, sizeof(t->collection), "%s", inboxes.list[0].name);
    (void)snprintf(t->after, sizeof(t->after), "%s", settings_text(s, SETTING_AFTER));
    collections_done(&inboxes);
    if (settings_home_path(s, "archive", t->archive, sizeof(t->archive)) == 0)
        return 0;
    reason_set(why, "PENSTOCK_HOME is too long");
    return 1;
}

static int find_supervisor(struct trial *t, struct reason *why)
{
    json_t *status;

    (void)snprintf(t->service.program, sizeof(t->service.program), "%s", t->place->program);
    t->service.inherits = true;
    status = service_status(&t->service, why);
    t->supervisor = (pid_t)json_integer_value(json_object_get(status, "supervisor_pid"));
    if (t->supervisor == 0)
        reason_set(why, "--attach: no service runs with this PENSTOCK_HOME");
    json_decref(status);
    return t->supervisor == 0;
}

int attach_find(struct trial *t, struct reason *why)
{
    struct settings s;
    int r = load(&s, why);

    if (r == 0)
        r = find_inbox(t, &s, why) || find_supervisor(t, why);
    if (r == 0)
        t->conninfo = strdup(t->place->server);
    settings_done(&s);
    return r != 0 || !t->conninfo;
}
