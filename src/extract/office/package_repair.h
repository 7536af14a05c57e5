/* package_repair.h - a new directory for a ZIP file that has lost its own; internal to package.c. */
#pragma once

#include "base/buf.h"

/* Appends a central directory, with its end record, to `to`: what has to follow the `size` bytes so
 * that they are a ZIP file. Returns the number of members; 0: none were found. */
size_t package_repair(const char *bytes, size_t size, struct buf *to);
