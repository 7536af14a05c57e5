/* archive_names.h - paths of members, as they are shown. */
#pragma once

#include "base/buf.h"

/* Appends the path of a member, any bytes: valid UTF-8, forward slashes, no "/", "." or ".." at its
 * beginning, no control characters. Nothing that remains: nothing is appended. 0 or -ENOMEM. */
int archive_name(const char *path, size_t n, struct buf *to) MUST_CHECK;

/* The path is of what a system keeps for itself beside the files of an archive. */
bool archive_name_is_debris(const char *path);
