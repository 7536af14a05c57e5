/* internal.h - what the files of src/inbox share. */
#pragma once

#include <stdint.h>

/* openat2(2) that stays beneath `folder` and goes through no link. Returns the descriptor or
 * -errno. */
int inbox_open_beneath(int folder, const char *path, uint64_t flags);
