/* linux_doc.c - see linux_doc.h. Links to files are followed, links to folders
 * are not. */
#include "linux_doc.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define ROOT      "/usr/share/doc/linux-doc"
#define MAX_BYTES (64 << 20) /* no text of the package comes near it */

struct walk {
    linux_doc_fn see;
    void *data;
    struct reason *why;
};

static const char *const endings[] = {".html", ".rst", ".txt", ".yaml"};

bool linux_doc_installed(void)
{
    struct stat st;

    return stat(ROOT, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n > m && strcmp(name + n - m, end) == 0;
}

static bool is_text(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        if (ends_with(name, endings[i]))
            return true;
    return false;
}

/* gzread(3) also reads what is not packed. */
static int read_text(const char *path, struct buf *out)
{
    gzFile file = gzopen(path, "rb");
    char *to;
    int n = 0;

    if (!file)
        return -errno;
    do {
        to = buf_reserve(out, 1 << 16);
        n = to ? gzread(file, to, 1 << 16) : -1;
        if (n > 0)
            buf_seal(out, (size_t)n);
    } while (n > 0 && out->size < MAX_BYTES);
    (void)gzclose(file);
    return n < 0 ? -EIO : 0;
}

static int see_file(struct walk *w, const char *path, const char *entry)
{
    char name[NAME_MAX + 1];
    bool packed = ends_with(entry, ".gz");
    struct buf content = BUF_INIT;
    struct stat st;
    int r;

    (void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(entry) - (packed ? 3 : 0)), entry);
    if (!is_text(name) || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    r = read_text(path, &content);
    if (r < 0)
        reason_set(w->why, "%s cannot be read: %s", path, strerror(-r));
    else
        r = w->see(w->data, name, packed, &content);
    buf_done(&content);
    return r;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int walk_folder(struct walk *w, const char *folder);

static int see_entry(struct walk *w, const char *folder, const char *name, bool folders)
{
    char path[PATH_MAX];
    struct stat st;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
        lstat(path, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode) != folders)
        return 0;
    return folders ? walk_folder(w, path) : see_file(w, path, name);
}

static int walk_folder(struct walk *w, const char *folder)
{
    struct dirent **list;
    int n = scandir(folder, &list, NULL, by_bytes), r = 0;

    if (n < 0) {
        reason_set(w->why, "%s cannot be read: %s", folder, strerror(errno));
        return -errno;
    }
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < n && r == 0; i++)
            r = see_entry(w, folder, list[i]->d_name, pass == 1);
    for (int i = 0; i < n; i++)
        free(list[i]);
    free(list);
    return r;
}

int linux_doc_walk(linux_doc_fn see, void *data, struct reason *why)
{
    struct walk w = {see, data, why};
    char *root = realpath(ROOT, NULL);
    int r;

    if (!root) {
        reason_set(why, "%s is missing: install the package linux-doc", ROOT);
        return 1;
    }
    r = walk_folder(&w, root);
    free(root);
    return r < 0 ? 1 : 0;
}
