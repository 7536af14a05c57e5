/* explain_files.c - what the file system alone tells about a path in an inbox. */
#include "cli/explain.h"

#include "base/log.h"
#include "inbox/name.h"

#include <stdio.h>

struct kind {
    mode_t type;
    const char *text;
};

static const struct kind kinds[] = {
    {S_IFDIR, "it is a folder; ask about a file in it"},
    {S_IFLNK, "it is a symbolic link, and links are not followed out of an inbox"},
    {S_IFIFO, "it is a pipe, not a regular file"},
    {S_IFSOCK, "it is a socket, not a regular file"},
    {S_IFCHR, "it is a device, not a regular file"},
    {S_IFBLK, "it is a device, not a regular file"},
};

static void refuse_kind(mode_t mode, struct answer *a)
{
    a->state = "not_regular";
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (kinds[i].type == (mode & S_IFMT))
            reason_set(&a->detail, "%s", kinds[i].text);
}

static void look(const char *path, struct answer *a)
{
    if (lstat(path, &a->st) == 0) {
        if (S_ISREG(a->st.st_mode))
            a->exists = true;
        else
            refuse_kind(a->st.st_mode, a);
    } else if (errno != ENOENT && errno != ENOTDIR) {
        reason_add(&a->unknown, "whether it is still there: %s", log_errno_text(errno));
    }
}

void answer_from_files(const struct subject *subject, struct answer *a)
{
    char path[2 * PATH_MAX];
    const char *ignored = inbox_path_ignored(subject->path);

    if (subject->inbox[0]) {
        (void)snprintf(path, sizeof(path), "%s/%s", subject->inbox, subject->path);
        look(path, a);
    }
    if (!a->state && ignored) {
        a->state = "ignored";
        reason_set(&a->detail, "%s", ignored);
    }
}
