/* fixture.h - a PENSTOCK_HOME of the test's own with a private cluster in it. */
#pragma once

#include "base/settings.h"

struct fixture {
    struct settings settings;
    char home[64];
};

/* A new empty home under /tmp. */
void fixture_init(struct fixture *f);
/* Removes it; whatever still runs in it is killed first. */
void fixture_done(struct fixture *f);

void fixture_set(struct fixture *f, enum setting_id id, const char *text);
