/* attach.h - a service that runs already: where its inbox, archive and database
 * are, from its own settings. */
#pragma once

#include "trial.h"

/* Fills in what trial_open() needs. Nothing of the service is changed. Returns
 * 1 and why. */
int attach_find(struct trial *t, struct reason *why) MUST_CHECK;
