/* reading.h - what a worker made of a document, and of the documents inside it. */
#pragma once

#include "wire/message.h"

/* Text is NUL-terminated and lives as long as the reading. */
struct reading {
    const char *media_type, *title, *language, *metadata, *body; /* metadata: a JSON object */
    size_t body_bytes;
    bool supported;
    bool has_sidecar;
    const char *external_id; /* "": none */
    uint64_t byte_size, extract_usec;
    char sha256[65];
    /* Of a document inside another. */
    uint64_t number, parent; /* parent 0: the file itself */
    const char *path;        /* there */
    /* Of a file. */
    struct reading **parts; /* in their order in the file */
    size_t n_parts;
    bool is_split;    /* parts are its records, not all of them perhaps */
    struct buf texts; /* what the pointers point into */
};

/* Takes what the messages say; a part may come before the file it is of. 0, -EPROTO or -ENOMEM. */
int reading_take_result(struct reading *d, const struct message_result *m) MUST_CHECK;
int reading_take_part(struct reading *d, const struct message_part *m) MUST_CHECK;

/* Back to all zeroes. */
void reading_clear(struct reading *d);
