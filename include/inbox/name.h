/* name.h - which names in an inbox are documents, and how names of any bytes are shown to people.
 */
#pragma once

#include "base/buf.h"

/* Why a name (one component of a path) is not a document, or NULL when it may be: dotfiles, *.part,
 * *.tmp, *.partial, *.crdownload, *.filepart, ~$*: what programs write before they rename. */
const char *inbox_name_ignored(const char *name);

/* The same for a path below the inbox: the reason of the first component that has one. */
const char *inbox_path_ignored(const char *path);

/* The sidecar of "bill.pdf" is "bill.pdf.meta.json", which is no document of its own. */
#define INBOX_SIDECAR_ENDING ".meta.json"

/* Of a path below the inbox that a sidecar would have: the length of its file's path; else 0. A
 * sidecar has no sidecar. */
size_t inbox_sidecar_of(const char *path);

/* A folder below the inbox is one document when its "meta.json" lists files. Of the path of such a
 * file: the length of its folder's path; else 0. */
#define INBOX_FOLDER_LIST "meta.json"
size_t inbox_folder_of(const char *path);

/* Appends the bytes of a path as text for people and for documents.name: valid UTF-8 as it is,
 * except control characters; every other byte as \xHH. */
void inbox_path_show(const void *path, size_t n, struct buf *out);

/* What is behind the last slash. */
const char *inbox_last_component(const char *path);
