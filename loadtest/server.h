/* server.h - how to reach a PostgreSQL server: as the settings say, or the
 * private cluster of a PENSTOCK_HOME. */
#pragma once

#include "base/settings.h"

/* Connection string of DATABASE_URL or DB_*; a secret, free() it. NULL and why.
 */
char *server_configured(const struct settings *s, struct reason *why);
/* Connection string of the private cluster that runs under `home`; free() it.
 * NULL and why. */
char *server_private(const char *home, struct reason *why);
