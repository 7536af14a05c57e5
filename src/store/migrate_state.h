/* migrate_state.h - what migrate.c and migrate_verify.c share. */
#pragma once

#include "store/migrate.h"

/* Writes "what: failure" and returns MIGRATE_FAILED. */
int migrate_blame(struct reason *why, const char *what,
                  const struct db_failure *failure) MUST_CHECK;

/* The newest version applied, 0 for none; MIGRATE_MISMATCH when the applied ones are not a
 * beginning of ours. */
int migrate_position(struct session *s, int *ret_newest, struct reason *why) MUST_CHECK;
