/* target.h - which PostgreSQL to talk to: the one of DATABASE_URL or DB_*, else the private cluster
 * of PENSTOCK_HOME. */
#pragma once

#include "base/settings.h"

struct target;

/* Makes the connection parameters. `application_name` is shown in pg_stat_activity
 * ("penstock/pool"). Returns 1 and why when DATABASE_URL is not a connection string (its password
 * never appears in the sentence). Free with target_free(). */
int target_new(const struct settings *s, const char *application_name, struct target **ret,
               struct reason *why) MUST_CHECK;

/* NULL is allowed; returns NULL. Overwrites the secrets in memory. */
struct target *target_free(struct target *t);

/* Where it goes, for people, without secrets: "penstock@db.example.org:5432/docs" or the private
 * cluster's folder. */
const char *target_text(const struct target *t);
