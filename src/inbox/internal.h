/* internal.h - what the files of src/inbox share. */
#pragma once

#include "inbox/filing.h"

#include <stdbool.h>

/* openat2(2) that stays beneath `folder` and goes through no link. Returns the descriptor or
 * -errno. */
int inbox_open_beneath(int folder, const char *path, uint64_t flags);

/* inbox_stat() of a name in a folder. */
int inbox_stat_in(int folder, const char *name, struct file_identity *ret);

/* A read lease, until the descriptor is closed: whoever opens the file for writing meanwhile waits
 * (open.c). */
enum inbox_lease {
    LEASE_NONE, /* leases cannot be had here */
    LEASE_HELD,
    LEASE_WRITER, /* a writer has the file open */
};
enum inbox_lease inbox_lease(int fd);
/* Whether nobody has come to write since. */
bool inbox_lease_is_quiet(int fd);

/* Renames unless there is something of that name: FILING_OCCUPIED, or FILING_GONE. */
int inbox_rename_new(int from_folder, const char *from, int to_folder, const char *to) MUST_CHECK;

/* The same onto another file system, for the very file: copied, then removed. */
int inbox_move_across(int from_folder, const char *from, int to_folder, const char *to,
                      const struct file_identity *identity) MUST_CHECK;

/* Opens the folder that a path of the inbox lies in; FILING_GONE. */
int inbox_open_folder_of(int inbox_fd, const char *path, int *ret_fd) MUST_CHECK;
/* mkdir -p for the folders of `path`, with this mode; opens the last. */
int inbox_make_folder_of(int root_fd, const char *path, mode_t mode, int *ret_fd) MUST_CHECK;

/* Moves the file, or removes it when it is there already. Answers as filing_archive(). */
int inbox_file_away(int inbox_fd, const char *path, int to_folder, const char *to,
                    const struct file_identity *identity) MUST_CHECK;

/* "ab/cd/" and the hash in hexadecimal. */
#define TARGET_BYTES (6 + 64 + 1)
void inbox_put_target(const uint8_t sha256[32], char target[TARGET_BYTES]);

/* When `name` is what a folder that is removed is called, and all of it is there: removes it. */
void inbox_end_removal(int archive_fd, const char *name);
/* Moves all files of the folder `from` into `to`, folders included, `first` before all others; when
 * one has a place that is taken, none (FILING_OCCUPIED). FILING_GONE: there is nothing. */
int inbox_restore_folder(int from, int to, const char *first) MUST_CHECK;
