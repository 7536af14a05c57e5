/* extract.h - what the files of `penstock extract` share. */
#pragma once

#include "cli/reader.h"

/* Opens a regular file of no more than PENSTOCK_MAX_BYTES. 0, or 1 and why. */
int extract_open_file(const struct settings *s, const char *path, int *ret,
                      struct reason *why) MUST_CHECK;

/* When `path` is a folder, or the meta.json in one, and that lists files: reads them as one document. 0; 1 and why;
 * or EXTRACT_NO_FOLDER: it is a file like any other. */
#define EXTRACT_NO_FOLDER 2
int extract_read_folder(const struct settings *s, struct reader *reader, const char *path,
                        const struct reading **ret, struct reason *why) MUST_CHECK;
