/* languages.h - which text search configuration a language has, where the database has it.
 *
 * Configurations are numbered: 0 is the one of texts whose language is not known or has none, the others
 * are rows of a table that is the same in all processes.
 */
#pragma once

#include "base/err.h"

#include <stddef.h>

#define LANGUAGES_MAX_CONFIGS 64u

/* Of a BCP 47 tag: "de" and "de-AT" have the same; 0: it has none, or is empty. */
unsigned languages_config(const char *tag, size_t size);

/* What databases call it, 1 and up; NULL: there are no more. */
const char *languages_config_name(unsigned config);
