/* filing.h - where originals go once they are done with: archive/ab/cd/SHA-256, or
 * quarantine/JOB/NAME.
 *
 * Everything is a rename, so a file is in exactly one place at any moment; only onto another file
 * system, or when the file has a second name, is it copied (to a temporary name there, synced,
 * renamed), and removed from the inbox after that. What somebody has open for writing when it is
 * moved is moved back, where leases can be had (fcntl(2)): it is not complete after all.
 */
#pragma once

#include "base/err.h"

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* What makes a file the very file that was read: stat(2) fields. */
struct file_identity {
    dev_t dev;
    ino_t ino;
    int64_t size;
    int64_t mtime_nsec;
    int64_t ctime_nsec;
};

/* What stat(2) told. Equal when it is the very same, unchanged file. */
struct file_identity file_identity_of(const struct stat *st);
bool file_identity_equal(const struct file_identity *a, const struct file_identity *b);

/* The answers of the functions below. */
enum { FILING_GONE = 1, FILING_CHANGED = 2, FILING_OCCUPIED = 3 };

/* The archive, and which of its 65,536 folders ab/cd are known to be there. */
struct archive {
    int fd; /* not owned */
    uint8_t known[65536 / 8];
};

/* Moves the file to `archive`/ab/cd/`sha256 in hexadecimal`; when that is there already with the
 * same size, removes the one in the inbox instead; with another size nothing is done (-EUCLEAN).
 * FILING_GONE: there is no such file any more; FILING_CHANGED: it is another file now, and stays.
 */
int filing_archive(int inbox_fd, const char *path, const struct file_identity *identity,
                   struct archive *archive, const uint8_t sha256[32]) MUST_CHECK;

/* The same for a sidecar, which goes beside the original with this hash: `sha256`.meta.json. When another
 * sidecar is there, left by the same content under another name, `sha256`.`job`.meta.json. */
int filing_archive_sidecar(int inbox_fd, const char *path, const struct file_identity *identity,
                           struct archive *archive, const uint8_t sha256[32],
                           uint64_t job) MUST_CHECK;

/* Removes it (PENSTOCK_AFTER=delete). FILING_GONE and FILING_CHANGED as above. */
int filing_delete(int inbox_fd, const char *path, const struct file_identity *identity) MUST_CHECK;

/* Moves it to `quarantine`/`job`/`last component of path`. The answers are those of
 * filing_archive(). */
int filing_quarantine(int inbox_fd, const char *path, const struct file_identity *identity,
                      int quarantine_fd, uint64_t job) MUST_CHECK;

/* ---- folders that are one document ----
 *
 * Their files go to a place: a folder below the archive or the quarantine, where each has its path again. The meta.json is
 * moved last. */
#define FILING_PLACE_BYTES 80
/* In the archive: `archive`/ab/cd/`hash of the document in hexadecimal`; and where its files come together that are to
 * be removed. In the quarantine: `job`. */
void filing_place_archived(const uint8_t sha256[32], char ret[FILING_PLACE_BYTES]);
void filing_place_removed(uint64_t job, char ret[FILING_PLACE_BYTES]);
void filing_place_quarantined(uint64_t job, char ret[FILING_PLACE_BYTES]);
/* Opens it, making it when it is not there. */
int filing_place_open(int root_fd, const char *place, int *ret_fd) MUST_CHECK;
/* Moves a file to `name` there, a path. The answers are those of filing_archive(). */
int filing_move_into(int inbox_fd, const char *path, const struct file_identity *identity,
                     int place_fd, const char *name) MUST_CHECK;
/* Opens what was moved there. The answers are those of inbox_open_document(). */
int filing_open_in(int root_fd, const char *place, const char *name, int *ret_fd,
                   struct file_identity *ret) MUST_CHECK;
/* Removes the place of files that are to be removed, with all of them. */
int filing_remove_place(int archive_fd, uint64_t job) MUST_CHECK;

/* Removes from the archive what copies and removals that were cut short have left. Nobody else may be copying.
 */
void filing_clean(int archive_fd);

/* A file that is about to be removed has a name of its own for a moment. When `name` is such a
 * name, left by a process that was killed in that moment, the file gets its old name back, or one
 * like it: nobody can tell whether it had been read. Returns 0 and the name, or 1: nothing of the
 * kind. */
#define FILING_NAME_BYTES 256
int filing_give_back(int folder, const char *name, char ret[FILING_NAME_BYTES]) MUST_CHECK;

/* Moves a file, and its sidecar if that is there, from quarantine back to where it was, making the folders above again. With
 * a folder's meta.json all comes back that is in quarantine with it; cut short, the next try brings the rest. FILING_GONE:
 * it is not in quarantine; FILING_OCCUPIED: another file has its place. A link among those folders
 * is -ENOTDIR. */
int filing_restore(int quarantine_fd, uint64_t job, int inbox_fd, const char *path) MUST_CHECK;
