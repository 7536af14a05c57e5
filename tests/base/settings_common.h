/* settings_common.h - settings for a test: at their defaults, with a place for complaints. */
#pragma once

#include "common.h"

#include "base/settings.h"

struct fixture {
    struct settings s;
    struct reason why;
    char *folder;
};

static UNUSED int make_settings(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    if (!f || make_folder((void **)&f->folder) != 0 || settings_init(&f->s) != 0)
        return -1;
    *state = f;
    return 0;
}

static UNUSED int drop_settings(void **state)
{
    struct fixture *f = *state;
    int r = remove_folder((void **)&f->folder);

    settings_done(&f->s);
    free(f);
    return r;
}

/* Sets what must be allowed. */
static UNUSED void set(struct fixture *f, enum setting_id id, const char *text)
{
    if (settings_set(&f->s, id, text, SOURCE_COMMAND_LINE, &f->why) != 0)
        fail_msg("%s", f->why.text);
}

/* folder/name in a static buffer. */
static UNUSED const char *at(struct fixture *f, const char *name)
{
    return in_folder((void **)&f->folder, name);
}

#define WITH_SETTINGS(test) cmocka_unit_test_setup_teardown(test, make_settings, drop_settings)
