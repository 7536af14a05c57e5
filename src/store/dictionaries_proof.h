/* dictionaries_proof.h - private to dictionaries.c and dictionaries_proof.c. */
#pragma once

#include "store/dictionaries.h"

/* The database has to make the vectors of this configuration, and why. */
void text_config_leave(struct text_config *c, const char *format, ...) PRINTF_LIKE(2, 3);

/* Makes the vectors of samples under all configurations that are known so far, and leaves those of
 * which one is not as the database's. The lexicon has their chains. */
void dictionaries_prove(struct session *s, struct dictionaries *d, struct lexicon *l);
