/* sidecar.h - what the file NAME.meta.json beside a document says of it: JSON, one object.
 *
 * It is written by others, so nothing of it is believed before it is checked, and nothing that is
 * wrong is passed over: the whole sidecar is refused, with a sentence that names the member.
 */
#pragma once

#include "base/buf.h"

enum sidecar_bounds {
    SIDECAR_MAX_BYTES = 64 * 1024, /* of the file */
    SIDECAR_MAX_DEPTH = 16,
    SIDECAR_MAX_MEMBERS = 100,
    SIDECAR_MAX_KEY_BYTES = 100,
    SIDECAR_MAX_TAGS = 64,
    SIDECAR_MAX_ID_BYTES = 200,
    SIDECAR_MAX_VALUES_BYTES = 128 * 1024, /* as metadata */
};

/* A member for the metadata; its value is JSON, `n` bytes at `at` of the values. */
struct sidecar_member {
    char key[SIDECAR_MAX_KEY_BYTES + 1];
    size_t at, n;
};

struct sidecar {
    char external_id[SIDECAR_MAX_ID_BYTES + 1]; /* "": none */
    char language[36];                          /* "": none */
    struct buf title;                           /* "": none */
    struct sidecar_member members[SIDECAR_MAX_MEMBERS];
    size_t n_members;
    struct buf values;
};

/* Reads it into `s`, whose memory is used again. 0; SIDECAR_WRONG and what is wrong with it; or
 * -ENOMEM. */
enum { SIDECAR_WRONG = 1 };
int sidecar_read(struct sidecar *s, const char *bytes, size_t size, struct reason *why) MUST_CHECK;

/* The same of the meta.json of a folder (folder.h), whatever its size: its member "documents" is
 * passed over. */
int sidecar_read_folder(struct sidecar *s, const char *bytes, size_t size,
                        struct reason *why) MUST_CHECK;

/* The same for one that need not be read to know that. Returns SIDECAR_WRONG. */
int sidecar_too_large(struct reason *why);

/* Frees its buffers. */
void sidecar_done(struct sidecar *s);
