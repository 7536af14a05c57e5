/* name.c - see name.h. */
#include "inbox/name.h"

#include "base/utf8.h"

#include <limits.h>
#include <string.h>

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);

    return n > m && strcmp(name + n - m, end) == 0;
}

/* Endings under which programs write before they rename: scp and rsync use dotfiles, browsers and
 * FTP servers these. */
static const char *const unfinished_endings[] = {".part", ".tmp", ".partial", ".crdownload",
                                                 ".filepart"};

const char *inbox_name_ignored(const char *name)
{
    if (name[0] == '.')
        return "names that begin with a dot are not documents";
    if (strncmp(name, "~$", 2) == 0)
        return "names that begin with ~$ are lock files of office programs";
    for (size_t i = 0; i < ARRAY_SIZE(unfinished_endings); i++)
        if (ends_with(name, unfinished_endings[i]))
            return "names with this ending are files that somebody is still writing";
    return NULL;
}

const char *inbox_path_ignored(const char *path)
{
    char name[NAME_MAX + 1];
    const char *why = NULL;

    while (*path && !why) {
        size_t n = strcspn(path, "/");

        if (n > 0 && n < sizeof(name)) {
            memcpy(name, path, n);
            name[n] = '\0';
            why = inbox_name_ignored(name);
        }
        path += n + (path[n] == '/');
    }
    return why;
}

static size_t without_ending(const char *path, size_t n)
{
    size_t m = strlen(INBOX_SIDECAR_ENDING);

    if (n <= m || memcmp(path + n - m, INBOX_SIDECAR_ENDING, m) != 0 || path[n - m - 1] == '/')
        return 0;
    return n - m;
}

size_t inbox_sidecar_of(const char *path)
{
    size_t n = without_ending(path, strlen(path));

    return n > 0 && without_ending(path, n) == 0 ? n : 0;
}

size_t inbox_folder_of(const char *path)
{
    const char *name = inbox_last_component(path);

    return name > path && strcmp(name, INBOX_FOLDER_LIST) == 0 ? (size_t)(name - path) - 1 : 0;
}

/* U+0000-001F, U+007F and U+0080-009F: a terminal obeys these. */
static bool is_control(const char *at, size_t length)
{
    const unsigned char *c = (const unsigned char *)at;

    return length == 1 ? c[0] < 0x20 || c[0] == 0x7f : c[0] == 0xc2 && c[1] < 0xa0;
}

void inbox_path_show(const void *path, size_t n, struct buf *out)
{
    const char *at = path;
    size_t i = 0;

    while (i < n) {
        size_t length = utf8_sequence(at + i, n - i);

        if (length > 0 && !is_control(at + i, length)) {
            buf_add(out, at + i, length);
            i += length;
        } else {
            buf_printf(out, "\\x%02X", (unsigned char)at[i]);
            i++;
        }
    }
}

const char *inbox_last_component(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}
