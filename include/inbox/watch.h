/* watch.h - hints from the kernel that something happened in an inbox (inotify(7)), for all inboxes
 * of a service.
 *
 * Hints only: the queue may overflow, network file systems send none. What is true is what a walk
 * finds. libuv's own watcher is not used: it knows no CLOSE_WRITE and passes over an overflow in
 * silence.
 */
#pragma once

#include "loop/loop.h"

enum watch_hint {
    HINT_WRITTEN,  /* a file was created, linked, or closed after writing */
    HINT_MOVED_IN, /* a file was renamed into place: complete at once */
    HINT_FOLDER,   /* a folder appeared: walk it */
    HINT_OVERFLOW, /* hints were lost (path is ""): walk everything */
};

struct watch;

/* `inbox` is the number given to watch_folder(); `path` is below that inbox. */
typedef void watch_heard(void *user, unsigned inbox, const char *path, enum watch_hint hint);

/* `heard` is called from the loop for every hint. NULL may be freed; _free returns NULL. */
int watch_new(struct loop *l, watch_heard *heard, void *user, struct watch **ret) MUST_CHECK;
struct watch *watch_free(struct watch *w);

/* Watches one folder (not what is below it); again is fine, and tells its path anew after it was
 * moved. WATCH_FULL: the kernel's limit (fs.inotify.max_user_watches) is reached; WATCH_GONE: there
 * is no such folder. */
enum { WATCH_FULL = 1, WATCH_GONE = 2 };
int watch_folder(struct watch *w, unsigned inbox, const char *inbox_path,
                 const char *path) MUST_CHECK;
