/* linux_doc.h - the texts of Debian's package linux-doc, in one fixed order. */
#pragma once

#include "base/buf.h"

/* One text, unpacked: its name without .gz; `packed` tells whether it had it.
 * The content may be taken with buf_take(). Returns 0 to go on, 1 to stop the
 * walk, below 0 to end it as failed. */
typedef int (*linux_doc_fn)(void *data, const char *name, bool packed, struct buf *content);

/* Whether the package is installed. */
bool linux_doc_installed(void);

/* Shows every .html, .rst, .txt and .yaml, packed or not: folder by folder, the
 * files of a folder before its subfolders, by name. Returns 1 and why, naming
 * the package when it is missing. */
int linux_doc_walk(linux_doc_fn see, void *data, struct reason *why) MUST_CHECK;
