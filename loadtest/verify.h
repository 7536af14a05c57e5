/* verify.h - whether everything that was dropped is where it belongs, exactly
 * once: asked of the database and of the folders, not of the service. */
#pragma once

#include "trial.h"

#define VERIFY_MANIFEST "manifest" /* file in the folder of a run that was kept */

/* Counts of what is wrong, as JSON; when one is not 0 it is told in `failure`.
 * NULL when it could not be found out, with the reason in `failure`. */
json_t *verify_trial(const struct trial *t, struct reason *failure);

/* Writes down what is needed to verify a run that is kept (--keep): hashes and
 * names, no secrets.
 */
int verify_keep(const struct trial *t, struct reason *why) MUST_CHECK;
/* Reads it again from the run's folder: into a trial that is nothing but its
 * list and its places, and the name of its database. Returns 1 and why;
 * manifest_done() in any case. */
int verify_read(const char *folder, struct trial *t, char database[64],
                struct reason *why) MUST_CHECK;
/* The same check for such a trial. */
json_t *verify_kept(const struct trial *t, struct reason *failure);
