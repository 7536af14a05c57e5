/* package.h - a ZIP package in memory: what OOXML, OpenDocument and EPUB have in common.
 *
 * Names of members are looked up as they are, then without regard to case, to which slash they are
 * written with, and to a leading slash: producers differ. They are raw bytes, NUL-terminated.
 * All members together may unpack to limits->max_unpacked_bytes (a constant when that is 0); then
 * the extraction is truncated and its metadata has "unpack_limit". A damaged member gives what can
 * be read of it and the metadata "damaged", an encrypted one nothing and "encrypted".
 */
#pragma once

#include "extract/document.h"

struct package;
struct package_member;

/* Opens the document's bytes; a package whose directory is lost is read by its local headers, and
 * flagged. `d` and its bytes must outlive it. 0, EXTRACT_REFUSED: no ZIP file that can be read,
 * -ENOMEM. */
int package_open(struct document *d, struct package **ret) MUST_CHECK;

/* NULL is allowed; returns NULL. Close members first. */
struct package *package_close(struct package *p);

/* The document that it was opened for. */
struct document *package_document(const struct package *p);

/* How many members there are, and the name of the one at `i`, in the order of the directory; folders
 * end with a slash. */
size_t package_count(const struct package *p);
const char *package_name(const struct package *p, size_t i);

/* The names that begin with `prefix` (as they are looked up), sorted so that numbers in them count
 * as numbers (slide2.xml before slide10.xml): the first behind `*at`, which begins with 0 and is
 * moved on; NULL: no more. */
const char *package_next(const struct package *p, const char *prefix, size_t *at);

bool package_has(const struct package *p, const char *name);

/* Whether the member is encrypted; then the metadata says so. */
bool package_is_encrypted(struct package *p, const char *name);

/* Reads a whole member into `to`, which is cleared first; at most `max_bytes` of it (0: as many as
 * the package may have), the extraction being truncated when there is more. 0 (also of a damaged or
 * encrypted member, with what could be read), EXTRACT_REFUSED: it is not there, -ENOMEM. */
int package_read(struct package *p, const char *name, size_t max_bytes, struct buf *to) MUST_CHECK;

/* A member in pieces. 0, EXTRACT_REFUSED when it is not there, -ENOMEM. An unreadable one opens and
 * has no bytes. */
int package_member_open(struct package *p, const char *name,
                        struct package_member **ret) MUST_CHECK;

/* The next bytes, at most `n`; 0: that was all, or all that may or can be read. */
size_t package_member_read(struct package_member *m, char *bytes, size_t n);

/* NULL is allowed; returns NULL. */
struct package_member *package_member_close(struct package_member *m);

/* "damaged": `reason`, a few English words; the first one counts. */
void package_flag_damaged(struct document *d, const char *reason);

/* "encrypted": "true". */
void package_flag_encrypted(struct document *d);
