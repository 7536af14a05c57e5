/* archive_open.h - opens an archive in memory, by libarchive. */
#pragma once

#include "extract/document.h"

struct archive;

/* How the bytes are wrapped. */
struct archive_kind {
    const char *compression; /* NULL: not as a whole */
    int filter;              /* of libarchive; 0: none */
    const char *suffix;      /* of a file's name, when one file is compressed */
};

/* What the bytes are, by their signature; NULL: nothing of this. */
const struct archive_kind *archive_kind_of(const struct document *d);

/* Whether the bytes themselves say what they are; an old tar does not. */
bool archive_has_mark(const struct document *d);

/* Opens what `kind` says. NULL: out of memory, or libarchive will not. `archive_read_free()` it. */
struct archive *archive_open(const struct document *d, const struct archive_kind *kind);

/* Compressed bytes that nothing comes out of are meant to be that: not cut off. */
bool archive_is_empty(const struct document *d);

/* Unpacking would take more memory than a worker should give to one document. */
bool archive_asks_too_much(const struct document *d);

/* Whether there is memory left for a member and its reader. */
bool archive_has_memory(void);
