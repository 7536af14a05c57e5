/* part.h - documents inside documents: attachments, members of archives.
 *
 * A format that finds one hands it to part_read(), which reads it as a document of its own and
 * passes the extraction on, within the bounds of the whole file: how many parts, how deep, how many
 * bytes unpacked.
 */
#pragma once

#include "extract/extractor.h"

/* A bound of the file is reached (the metadata of `d` says which): read no further part. What was
 * read so far stays. */
#define PART_STOP 1

/* The parts of one file while it is read; the driver's. */
struct parts {
    extract_take_part take; /* NULL: nobody wants them */
    extract_has_time has_time;
    void *user;
    unsigned n;
    uint64_t unpacked_bytes;
    uint64_t kept_bytes; /* text and metadata that were passed on */
};

/* Whether a part of `d` would be read at all. If not, a format that can tell what is inside without
 * unpacking it just names it. */
bool part_is_wanted(const struct document *d);

/* How many bytes may still be unpacked for parts of this file. Never unpack more than that, and
 * never more than limits->max_text_bytes' worth of memory at once without asking. */
uint64_t part_room(const struct document *d);

/* Flags in the metadata of `d` that a bound cut its parts: "parts_limit" gets `which`, one of
 * "count", "depth", "bytes", "text", "ratio". */
void part_limit(struct document *d, const char *which);

/* Reads `bytes` as a part of `d`. `path`: inside `d`, any bytes, of which 1,000 are kept; made valid
 * UTF-8 here; an empty one becomes its number. `cut_off`: the part has more bytes than these. 0,
 * PART_STOP, or what ends the whole file (-ENOMEM, or what extract_take_part returned). */
int part_read(struct extractor *x, struct document *d, const char *path, size_t path_size,
              const char *bytes, size_t size, bool cut_off) MUST_CHECK;
