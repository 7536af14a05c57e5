/* reload.c - settings to the children, and HUP: read anew, checked whole, and only then used.
 *
 * What cannot change while running (the flag LIVE is not set) keeps its old value, and is named. */
#include "supervisor/supervisor.h"

#include <string.h>

extern char **environ;

void reload_tell(struct supervisor *s, struct ward *w)
{
    struct message m = {.type = MESSAGE_SETTING};

    for (int id = 0; id < SETTING_COUNT_; id++) {
        m.setting.name = bytes_of_str(setting_get((enum setting_id)id)->name);
        m.setting.value = bytes_of_str(settings_text(&s->settings, (enum setting_id)id));
        peer_send(w->peer, &m, -1);
    }
    m = (struct message){.type = MESSAGE_START, .start = {.once = s->options->once}};
    peer_send(w->peer, &m, -1);
}

static int keep_command_line(const struct settings *old, struct settings *new, struct reason *why)
{
    int r = 0;

    for (int id = 0; id < SETTING_COUNT_ && r == 0; id++)
        if (old->values[id].source == SOURCE_COMMAND_LINE)
            r = settings_set(new, (enum setting_id)id, old->values[id].text, SOURCE_COMMAND_LINE,
                             why);
    return r;
}

static int read_anew(const struct settings *old, struct settings *new, struct reason *why)
{
    int r = settings_init(new);

    if (r == 0)
        r = settings_load(new, ".env", environ, why);
    if (r == 0)
        r = keep_command_line(old, new, why);
    if (r == 0)
        r = settings_check(new, why);
    return r;
}

static bool differs(const struct settings *a, const struct settings *b, enum setting_id id)
{
    return strcmp(settings_text(a, id), settings_text(b, id)) != 0;
}

/* Puts the old value back where a change needs a restart. Returns whether workers must be replaced.
 */
static bool hold_fixed(const struct settings *old, struct settings *new)
{
    struct reason why = {0};
    bool replace = false;

    for (int i = 0; i < SETTING_COUNT_; i++) {
        enum setting_id id = (enum setting_id)i;
        const struct setting *row = setting_get(id);

        if (!differs(old, new, id))
            continue;
        if (row->flags & SETTING_WORKER) {
            replace = true;
        } else if (!(row->flags & SETTING_LIVE)) {
            log_warn("setting.fixed", F_STR("name", row->name),
                     F_STR("reason", "it takes effect at the next start"));
            if (settings_set(new, id, settings_text(old, id), old->values[id].source, &why) != 0)
                log_error("setting.refused", F_STR("name", row->name), F_STR("reason", why.text));
        }
    }
    return replace;
}

void reload(struct supervisor *s)
{
    struct settings new;
    struct reason why = {0};
    bool replace;

    if (read_anew(&s->settings, &new, &why) != 0 || spawn_prepare(s, &new, &why) != 0) {
        log_error("reload.refused", F_STR("reason", why.text));
        settings_done(&new);
        return;
    }
    replace = hold_fixed(&s->settings, &new);
    settings_done(&s->settings);
    s->settings = new;
    s->n_wanted = scale_begin(s);
    role_apply_log_settings(&s->settings);
    log_info("reload", F_U64("workers", s->n_wanted));
    if (s->pool.peer)
        reload_tell(s, &s->pool);
    if (s->intake.peer)
        reload_tell(s, &s->intake);
    if (replace)
        care_replace_workers(s);
    care(s);
}
