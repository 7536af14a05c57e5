/* watch.c - see watch.h. */
#include "inbox/watch.h"

#include "base/fd.h"
#include "inbox/name.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>
#include <uthash.h>

#define EVENTS \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)
#define READS_A_TURN 16

/* A watched folder. */
struct folder {
    int wd;
    unsigned inbox;
    char *path; /* below the inbox */
    UT_hash_handle hh;
};

struct watch {
    int fd;
    struct fd_watch *ready;
    struct folder *folders; /* by wd */
    watch_heard *heard;
    void *user;
};

static void forget(struct watch *w, struct folder *f)
{
    HASH_DEL(w->folders, f);
    free(f->path);
    free(f);
}

static enum watch_hint hint_of(uint32_t mask)
{
    if (mask & IN_ISDIR)
        return HINT_FOLDER;
    return mask & IN_MOVED_TO ? HINT_MOVED_IN : HINT_WRITTEN;
}

static void tell(struct watch *w, const struct folder *f, const struct inotify_event *e)
{
    char path[PATH_MAX];
    int n;

    if (e->len == 0 || inbox_name_ignored(e->name))
        return;
    n = snprintf(path, sizeof(path), "%s%s%s", f->path, f->path[0] ? "/" : "", e->name);
    if (n > 0 && (size_t)n < sizeof(path))
        w->heard(w->user, f->inbox, path, hint_of(e->mask));
}

static void take_event(struct watch *w, const struct inotify_event *e)
{
    struct folder *f;

    if (e->mask & IN_Q_OVERFLOW) {
        w->heard(w->user, 0, "", HINT_OVERFLOW);
        return;
    }
    HASH_FIND_INT(w->folders, &e->wd, f);
    if (!f)
        return;
    if (e->mask & IN_IGNORED)
        forget(w, f);
    else
        tell(w, f, e);
}

static void on_ready(void *user, int events)
{
    char block[32768] __attribute__((aligned(__alignof__(struct inotify_event))));
    struct watch *w = user;
    ssize_t n;

    (void)events;
    for (int i = 0; i < READS_A_TURN; i++) {
        n = read(w->fd, block, sizeof(block));
        if (n <= 0)
            return;
        for (char *at = block; at < block + n;) {
            const struct inotify_event *e = (const struct inotify_event *)at;

            take_event(w, e);
            at += sizeof(*e) + e->len;
        }
    }
}

int watch_new(struct loop *l, watch_heard *heard, void *user, struct watch **ret)
{
    struct watch *w = calloc(1, sizeof(*w));
    int r;

    if (!w)
        return -ENOMEM;
    w->heard = heard;
    w->user = user;
    w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    r = w->fd < 0 ? -errno : fd_watch_new(l, w->fd, on_ready, w, &w->ready);
    if (r < 0) {
        (void)watch_free(w);
        return r;
    }
    fd_watch_set(w->ready, FD_READABLE);
    *ret = w;
    return 0;
}

struct watch *watch_free(struct watch *w)
{
    struct folder *f, *next;

    if (!w)
        return NULL;
    w->ready = fd_watch_free(w->ready);
    HASH_ITER (hh, w->folders, f, next)
        forget(w, f);
    w->fd = fd_close(w->fd);
    free(w);
    return NULL;
}

/* The kernel gives the same folder the same number again, also under another path. */
static int remember(struct watch *w, int wd, unsigned inbox, const char *path)
{
    struct folder *f;
    char *copy = strdup(path);

    if (!copy)
        return -ENOMEM;
    HASH_FIND_INT(w->folders, &wd, f);
    if (!f) {
        f = calloc(1, sizeof(*f));
        if (!f) {
            free(copy);
            return -ENOMEM;
        }
        f->wd = wd;
        HASH_ADD_INT(w->folders, wd, f);
    }
    free(f->path);
    f->path = copy;
    f->inbox = inbox;
    return 0;
}

int watch_folder(struct watch *w, unsigned inbox, const char *inbox_path, const char *path)
{
    char whole[PATH_MAX * 2];
    int wd;

    (void)snprintf(whole, sizeof(whole), "%s/%s", inbox_path, path);
    wd = inotify_add_watch(w->fd, whole, EVENTS);
    if (wd < 0)
        return errno == ENOSPC                       ? WATCH_FULL
               : errno == ENOENT || errno == ENOTDIR ? WATCH_GONE
                                                     : -errno;
    return remember(w, wd, inbox, path);
}
