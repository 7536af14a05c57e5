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
