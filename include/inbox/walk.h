/* walk.h - reads an inbox a few entries at a time: memory does not grow with the number of files,
 * only with the depth. */
#pragma once

#include "inbox/inbox.h"

struct walk;

/* `start` is a folder below the inbox, "" for all of it. It is read when it is reached, not now. */
int walk_new(int inbox_fd, const char *start, struct walk **ret) MUST_CHECK;
struct walk *walk_free(struct walk *w);

struct walk_entry {
    const char *path; /* below the inbox; valid until the next call */
    bool is_folder;   /* told before anything in it is read, so that it can be watched first */
};

/* The next folder or regular file; ignored names (name.h), links and special files are passed over,
 * and so are folders that cannot be read or are deeper than 200 levels. WALK_END when there is no
 * more. */
enum { WALK_END = 1 };
int walk_next(struct walk *w, struct walk_entry *ret) MUST_CHECK;

/* What the file that walk_next() told last is, looked at in the folder that is open already. 0, or like
 * inbox_stat(). */
int walk_stat(const struct walk *w, struct file_identity *ret) MUST_CHECK;
