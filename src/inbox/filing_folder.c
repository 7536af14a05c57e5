/* filing_folder.c - moves the files of a folder that is one document: see filing.h.
 *
 * No transaction spans the moves. The meta.json goes last on the way out of the inbox, and first on
 * the way back: while it is there, what else is there of the folder is not taken for documents of
 * their own, and as long as it is not in its new place, more may have to follow.
 *
 * A folder that is to be removed is moved aside first, file by file, so that what is left of it after
 * a crash can still be told to be what was stored.
 */
#include "inbox/filing.h"

#include "base/failpoint.h"
#include "base/fd.h"
#include "base/heartbeat.h"
#include "inbox/inbox.h"
#include "inbox/internal.h"
#include "inbox/name.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_LEVELS     200 /* as a walk goes */
#define REMOVED_ENDING ".removed"

/* ---- places ---- */

void filing_place_archived(const uint8_t sha256[32], char ret[FILING_PLACE_BYTES])
{
    char target[TARGET_BYTES];

    inbox_put_target(sha256, target);
    (void)snprintf(ret, FILING_PLACE_BYTES, "%s", target);
}

void filing_place_removed(uint64_t job, char ret[FILING_PLACE_BYTES])
{
    (void)snprintf(ret, FILING_PLACE_BYTES, ".%" PRIu64 REMOVED_ENDING, job);
}

void filing_place_quarantined(uint64_t job, char ret[FILING_PLACE_BYTES])
{
    (void)snprintf(ret, FILING_PLACE_BYTES, "%" PRIu64, job);
}

int filing_place_open(int root_fd, const char *place, int *ret_fd)
{
    char below[FILING_PLACE_BYTES + 2];
    int fd, r;

    (void)snprintf(below, sizeof(below), "%s/.", place);
    r = inbox_make_folder_of(root_fd, below, 0700, &fd);
    if (r < 0)
        return r;
    filing_clean(fd);
    r = FAIL_AT(SHELF);
    if (r < 0)
        (void)fd_close(fd);
    else
        *ret_fd = fd;
    return r;
}

int filing_move_into(int inbox_fd, const char *path, const struct file_identity *identity,
                     int place_fd, const char *name)
{
    CLEANUP(fd_closep) int folder = -1;
    int r = strchr(name, '/') ? inbox_make_folder_of(place_fd, name, 0700, &folder) : 0;

    heartbeat(); /* there may be many, and large ones */
    if (r < 0)
        return r;
    return inbox_file_away(inbox_fd, path, folder >= 0 ? folder : place_fd,
                           inbox_last_component(name), identity);
}

int filing_open_in(int root_fd, const char *place, const char *name, int *ret_fd,
                   struct file_identity *ret)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof(path), "%s/%s", place, name) >= (int)sizeof(path))
        return INBOX_GONE;
    return inbox_open_document(root_fd, path, ret_fd, ret);
}

/* ---- trees ---- */

/* Is told each file below a folder, by its path there. Not 0 ends it. */
typedef int visit_file(void *user, const char *path);

struct tree {
    int root;
    visit_file
        *visit; /* NULL: folders are removed behind their files, which `visit` would have seen */
    void *user;
    bool removes;
    char path[PATH_MAX];
};

static int visit_folder(struct tree *t, unsigned level);

/* One entry; its name is at the end of t->path. */
static int visit_entry(struct tree *t, int folder, const char *name, unsigned level)
{
    struct stat st;
    int r;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISDIR(st.st_mode)) {
        if (t->removes)
            return unlinkat(folder, name, 0) < 0 ? -errno : 0;
        return t->visit(t->user, t->path);
    }
    r = level < MAX_LEVELS ? visit_folder(t, level + 1) : -ELOOP;
    if (r == 0 && t->removes && unlinkat(folder, name, AT_REMOVEDIR) < 0)
        r = -errno;
    return r;
}

/* The folder in t->path. */
static int visit_folder(struct tree *t, unsigned level)
{
    size_t n = strlen(t->path);
    int fd = inbox_open_beneath(t->root, n > 0 ? t->path : ".", O_RDONLY | O_DIRECTORY), r = 0;
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *e;

    if (!dir) {
        r = fd < 0 ? fd : -errno;
        (void)fd_close(fd);
        return r;
    }
    while (r == 0 && (e = readdir(dir))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (snprintf(t->path + n, sizeof(t->path) - n, "%s%s", n > 0 ? "/" : "", e->d_name) >=
            (int)(sizeof(t->path) - n))
            r = -ENAMETOOLONG;
        else
            r = visit_entry(t, dirfd(dir), e->d_name, level);
        t->path[n] = '\0';
    }
    (void)closedir(dir);
    return r;
}

static int visit_tree(int root, visit_file *visit, void *user)
{
    struct tree t = {.root = root, .visit = visit, .user = user};

    return visit_folder(&t, 0);
}

/* ---- removal ---- */

static int remove_tree(int root, const char *name)
{
    struct tree t = {.root = root, .removes = true};
    int r;

    (void)snprintf(t.path, sizeof(t.path), "%s", name);
    r = visit_folder(&t, 0);
    return r == 0 && unlinkat(root, name, AT_REMOVEDIR) < 0 ? -errno : r;
}

int filing_remove_place(int archive_fd, uint64_t job)
{
    char place[FILING_PLACE_BYTES];

    filing_place_removed(job, place);
    return remove_tree(archive_fd, place);
}

void inbox_end_removal(int archive_fd, const char *name)
{
    size_t digits = name[0] == '.' ? strspn(name + 1, "0123456789") : 0;
    char list[FILING_PLACE_BYTES + sizeof(INBOX_FOLDER_LIST)];
    struct stat st;

    if (digits == 0 || digits > 20 || strcmp(name + 1 + digits, REMOVED_ENDING) != 0)
        return;
    (void)snprintf(list, sizeof(list), "%s/" INBOX_FOLDER_LIST, name);
    if (fstatat(archive_fd, list, &st, AT_SYMLINK_NOFOLLOW) == 0)
        (void)remove_tree(archive_fd, name); /* its meta.json came last: all of it is there */
}

/* ---- the way back ---- */

struct coming_back {
    int from, to;
    const char *first;
    bool is_any;
};

static int check_place(void *user, const char *path)
{
    struct coming_back *c = user;
    CLEANUP(fd_closep) int there = inbox_open_beneath(c->to, path, O_PATH);

    c->is_any = true;
    return there >= 0 ? FILING_OCCUPIED : there == -ENOENT ? 0 : there;
}

static int move_back(const struct coming_back *c, const char *path)
{
    CLEANUP(fd_closep) int from = -1;
    CLEANUP(fd_closep) int to = -1;
    const char *name = inbox_last_component(path);
    struct file_identity identity;
    struct stat st;
    int r = inbox_open_folder_of(c->from, path, &from);

    if (r == 0 && fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        r = errno == ENOENT ? FILING_GONE : -errno;
    if (r == 0)
        r = inbox_make_folder_of(c->to, path, 0777, &to);
    if (r != 0)
        return r;
    identity = file_identity_of(&st);
    r = inbox_rename_new(from, name, to, name);
    return r == -EXDEV ? inbox_move_across(from, name, to, name, &identity) : r;
}

static int move_other_back(void *user, const char *path)
{
    return move_back(user, path);
}

/* The empty folders that are left. */
static void remove_folders(int root)
{
    struct tree t = {.root = root, .removes = true};

    (void)visit_folder(&t, 0);
}

int inbox_restore_folder(int from, int to, const char *first)
{
    struct coming_back c = {.from = from, .to = to, .first = first};
    int r = visit_tree(from, check_place, &c);

    if (r == 0 && !c.is_any)
        return FILING_GONE;
    if (r == 0)
        r = move_back(&c, first);
    if (r == 0 || r == FILING_GONE) /* an earlier try came so far */
        r = visit_tree(from, move_other_back, &c);
    if (r == 0)
        remove_folders(from);
    return r;
}
