/* internal.h - what the files of src/inbox share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* openat2(2) that stays beneath `folder` and goes through no link. Returns the descriptor or
 * -errno. */
int inbox_open_beneath(int folder, const char *path, uint64_t flags);

/* Whether a writer has this file open, where leases can be had (open.c). */
bool inbox_has_writer(int folder, const char *name);
