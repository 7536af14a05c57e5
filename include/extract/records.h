/* records.h - a file that is split: each of its records becomes a document of its own.
 *
 * Reads a file of any size from a stream, in memory that is bounded by the longest record (which is
 * cut at a bound). Which bytes a record is depends on the file alone, never on how the stream is
 * read: so a second pass over the same file finds the same records, and an attempt that goes on
 * where another ended counts as that one did.
 */
#pragma once

#include "extract/extract.h"

#include <sys/types.h>

enum record_kind { RECORDS_NDJSON = 1 << 0, RECORDS_CSV = 1 << 1, RECORDS_MBOX = 1 << 2 };

/* What a file is, is told by so much of its beginning. */
#define RECORDS_HEAD_BYTES (1u << 20)

/* Reads what comes next, as read(2); 0 at the end, or -errno. */
typedef ssize_t (*records_read)(void *user, char *to, size_t size);

/* A record as it lies in the file. Valid until the next one. */
struct record {
    uint64_t ordinal; /* from 1 */
    const char *bytes;
    size_t size;
    bool cut_off; /* it is longer than may be held: this is its beginning */
};

struct records;

#define RECORDS_NONE 1 /* records_new(): the file is to be read like any other */
#define RECORDS_END  1 /* records_next(): there is none any more */

/* Looks at the beginning of a file, RECORDS_HEAD_BYTES or all of it: whether it is of one of
 * `kinds`. 0, RECORDS_NONE or -ENOMEM. `x` is used for as long as `ret` is. */
int records_new(struct extractor *x, const char *name, const char *head, size_t size, bool whole,
                unsigned kinds, size_t max_record_bytes, struct records **ret) MUST_CHECK;
struct records *records_free(struct records *r);

/* Begins a pass over the file from its first byte. */
void records_begin(struct records *r, records_read read, void *user);
/* The next record. 0, RECORDS_END, -ENOMEM, or what `read` failed with. */
int records_next(struct records *r, struct record *ret) MUST_CHECK;

/* Makes a document of a record and passes it on: part.parent is 0, part.ordinal the record's. What
 * lies inside it (attachments of a mail) comes before it, within the bounds of a file for each
 * record. Numbers of parts go on through the file. Fails with -ENOMEM or what `take` returned. */
int records_extract(struct records *r, const struct record *record, extract_take_part take,
                    extract_has_time has_time, void *user) MUST_CHECK;

/* What the file itself is, behind a pass that has come to its end: its metadata; no text, which is
 * its records'. `sidecar` as in struct extract_input. 0 or -ENOMEM. */
int records_describe(struct records *r, const struct sidecar *sidecar,
                     struct extraction *out) MUST_CHECK;
