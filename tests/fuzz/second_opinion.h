/* second_opinion.h - JSON as another library reads it. */
#pragma once

#include "fuzz.h"

struct metadata_facts {
    size_t n_keys;
    bool truncated; /* "truncated": true */
    bool converted; /* "encoding" or "replaced_bytes": the text is not the file's bytes */
};

/* Reads what must be an object that jsonb takes: no key twice, valid UTF-8, no NUL, no half of a
 * surrogate pair. */
struct metadata_facts read_metadata(const char *text, size_t size);

/* Whether it is valid JSON of any kind. */
bool is_valid_json(const char *text, size_t size);
