/* walk.c - a depth-first walk that holds one open folder a level; see walk.h.
 *
 * Entries that come or go while it reads may be missed or told twice (readdir(3)): callers know
 * what they have, and walk again now and then.
 */
#include "inbox/walk.h"

#include "base/fd.h"
#include "inbox/filing.h"
#include "inbox/internal.h"
#include "inbox/name.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_DEPTH 200

struct level {
    DIR *dir;
    size_t path_length; /* of `path` up to and including this folder's slash */
};

struct walk {
    int inbox_fd;
    struct level levels[MAX_DEPTH];
    int depth;    /* open levels */
    bool descend; /* `path` is a folder that was told and is to be entered now */
    char path[PATH_MAX];
};

int walk_new(int inbox_fd, const char *start, struct walk **ret)
{
    struct walk *w;

    if (strlen(start) >= PATH_MAX - NAME_MAX - 2)
        return -ENAMETOOLONG;
    w = calloc(1, sizeof(*w));
    if (!w)
        return -ENOMEM;
    w->inbox_fd = inbox_fd;
    w->descend = true;
    memcpy(w->path, start, strlen(start) + 1);
    *ret = w;
    return 0;
}

struct walk *walk_free(struct walk *w)
{
    if (w) {
        while (w->depth > 0)
            (void)closedir(w->levels[--w->depth].dir);
        free(w);
    }
    return NULL;
}

/* From the folder above, not by its whole path: a link put in the place of a folder on the way must
 * not lead the walk out of the inbox. */
static int open_folder(const struct walk *w)
{
    const struct level *above;

    if (w->depth == 0)
        return inbox_open_beneath(w->inbox_fd, w->path[0] ? w->path : ".", O_RDONLY | O_DIRECTORY);
    above = &w->levels[w->depth - 1];
    return inbox_open_beneath(dirfd(above->dir), w->path + above->path_length,
                              O_RDONLY | O_DIRECTORY);
}

/* Enters the folder in `path`; one that has gone or may not be read is passed over. */
static int enter(struct walk *w)
{
    size_t n = strlen(w->path);
    int fd;
    DIR *dir;

    if (w->depth == MAX_DEPTH)
        return 0;
    fd = open_folder(w);
    if (fd < 0)
        return fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM ? fd : 0;
    dir = fdopendir(fd);
    if (!dir) {
        (void)fd_close(fd);
        return -errno;
    }
    if (n > 0)
        w->path[n++] = '/';
    w->path[n] = '\0';
    w->levels[w->depth++] = (struct level){.dir = dir, .path_length = n};
    return 0;
}

static unsigned char type_of(const struct level *level, const struct dirent *e)
{
    struct stat st;

    if (e->d_type != DT_UNKNOWN)
        return e->d_type;
    if (fstatat(dirfd(level->dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return DT_UNKNOWN;
    return S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR : DT_UNKNOWN;
}

/* Whether the entry is to be told; then it is in `path`. */
static bool accept_entry(struct walk *w, const struct level *level, const struct dirent *e,
                         bool *ret_folder)
{
    char given_back[FILING_NAME_BYTES];
    const char *name = e->d_name;
    unsigned char type;
    size_t n;

    if (name[0] == '.' && filing_give_back(dirfd(level->dir), name, given_back) == 0)
        name = given_back;
    n = strlen(name);
    if (inbox_name_ignored(name) || level->path_length + n + NAME_MAX + 2 > PATH_MAX)
        return false;
    type = type_of(level, e);
    if (type != DT_REG && type != DT_DIR)
        return false;
    memcpy(w->path + level->path_length, name, n + 1);
    *ret_folder = type == DT_DIR;
    return true;
}

int walk_stat(const struct walk *w, struct file_identity *ret)
{
    const struct level *level = &w->levels[w->depth - 1];

    return inbox_stat_in(dirfd(level->dir), w->path + level->path_length, ret);
}

int walk_next(struct walk *w, struct walk_entry *ret)
{
    struct level *level;
    struct dirent *e;
    bool is_folder;
    int r;

    if (w->descend) {
        w->descend = false;
        r = enter(w);
        if (r < 0)
            return r;
    }
    while (w->depth > 0) {
        level = &w->levels[w->depth - 1];
        e = readdir(level->dir);
        if (!e) {
            (void)closedir(level->dir);
            w->depth--;
            continue;
        }
        if (!accept_entry(w, level, e, &is_folder))
            continue;
        w->descend = is_folder;
        *ret = (struct walk_entry){.path = w->path, .is_folder = is_folder};
        return 0;
    }
    return WALK_END;
}
