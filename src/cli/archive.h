/* archive.h - where originals are under PENSTOCK_HOME, for commands that only look. */
#pragma once

#include "base/settings.h"

/* PENSTOCK_HOME/archive/ab/cd/SHA-256, for 64 hexadecimal digits. Returns whether the file is
 * there. */
bool archive_locate(const struct settings *s, const char *sha256_hex, char *ret, size_t size);

/* PENSTOCK_HOME/quarantine/JOB/NAME, NAME being the last component of `path`. Returns whether
 * the file is there. */
bool quarantine_locate(const struct settings *s, int64_t job, const char *path, size_t path_bytes,
                       char *ret, size_t size);
