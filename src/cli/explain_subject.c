/* explain_subject.c - what a person may mean by a path that need not exist any more.
 *
 * Names are compared as they are written first, and with the symbolic links of their folders
 * resolved second, since an inbox may be configured by one name and reached by another. The last
 * component is never followed.
 */
#include "cli/explain.h"

#include "base/log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Takes "." and ".." and double slashes out of an absolute path, by its letters alone. */
static void normalise(char *path)
{
    char *to = path;

    for (char *from = path; *from;) {
        size_t n = strcspn(from + 1, "/");

        if (n == 2 && from[1] == '.' && from[2] == '.') {
            while (to > path && *--to != '/')
                ;
        } else if (n > 0 && !(n == 1 && from[1] == '.')) {
            memmove(to, from, n + 1);
            to += n + 1;
        }
        from += n + 1;
    }
    if (to == path)
        *to++ = '/';
    *to = '\0';
}

static int make_absolute(const char *text, char ret[PATH_MAX])
{
    char folder[PATH_MAX];
    int n;

    if (text[0] == '/')
        n = snprintf(ret, PATH_MAX, "%s", text);
    else if (getcwd(folder, sizeof(folder)))
        n = snprintf(ret, PATH_MAX, "%s/%s", folder, text);
    else
        return -errno;
    if (n < 0 || n >= PATH_MAX)
        return -ENAMETOOLONG;
    normalise(ret);
    return 0;
}

/* Resolves the links of the longest folder above the path that exists; leaves the rest. */
static void resolve_folder(const char *path, char ret[PATH_MAX])
{
    char folder[PATH_MAX], resolved[PATH_MAX];
    const char *rest;
    char *slash;

    (void)snprintf(folder, sizeof(folder), "%s", path);
    (void)snprintf(ret, PATH_MAX, "%s", path);
    while ((slash = strrchr(folder, '/')) && slash > folder) {
        *slash = '\0';
        if (!realpath(folder, resolved))
            continue;
        rest = path + (slash - folder);
        if (strlen(resolved) + strlen(rest) < PATH_MAX)
            memcpy(stpcpy(ret, resolved), rest, strlen(rest) + 1);
        return;
    }
}

/* What stands below the folder in the path, or NULL. */
static const char *below(const char *folder, const char *path)
{
    size_t n = strlen(folder);

    return n > 0 && strncmp(path, folder, n) == 0 && path[n] == '/' ? path + n + 1 : NULL;
}

/* The same, the folder's own links resolved, if need be. */
static const char *below_resolved(const char *folder, const char *path, const char *path_resolved)
{
    char resolved[PATH_MAX];
    const char *rest = below(folder, path);

    if (rest)
        return rest;
    return realpath(folder, resolved) ? below(resolved, path_resolved) : NULL;
}

static bool set_sha256(const char *hex, struct subject *ret)
{
    unsigned byte;

    if (strlen(hex) != 64)
        return false;
    for (int i = 0; i < 64; i++)
        if (!isxdigit((unsigned char)hex[i]))
            return false;
    for (int i = 0; i < 32; i++) {
        (void)sscanf(hex + 2 * i, "%2x", &byte);
        ret->sha256[i] = (uint8_t)byte;
        (void)snprintf(ret->sha256_hex + 2 * i, 3, "%02x", byte);
    }
    ret->kind = SUBJECT_CONTENT;
    return true;
}

void subject_set_file(const struct settings *s, const char *collection, const char *path,
                      size_t path_bytes, struct subject *ret)
{
    struct collections list = {0};

    ret->kind = SUBJECT_FILE;
    ret->inbox[0] = '\0';
    (void)snprintf(ret->collection, sizeof(ret->collection), "%s", collection);
    (void)snprintf(ret->path, sizeof(ret->path), "%.*s", (int)path_bytes, path);
    if (settings_collections(s, &list, NULL) != 0)
        return;
    for (size_t i = 0; i < list.n; i++)
        if (strcmp(list.list[i].name, collection) == 0)
            (void)snprintf(ret->inbox, sizeof(ret->inbox), "%s", list.list[i].path);
    collections_done(&list);
}

static bool find_inbox(const struct settings *s, const struct collections *list,
                       const char *resolved, struct subject *ret)
{
    for (size_t i = 0; i < list->n; i++) {
        const char *rest = below_resolved(list->list[i].path, ret->absolute, resolved);

        if (rest && *rest) {
            subject_set_file(s, list->list[i].name, rest, strlen(rest), ret);
            return true;
        }
    }
    return false;
}

/* Of what is behind "archive/ab/cd/": an original, or a file of a folder that is one document. */
static bool set_original(const char *name, struct subject *ret)
{
    char hex[65];
    size_t n = strcspn(name, "/");

    (void)snprintf(hex, sizeof(hex), "%.*s", (int)MIN(n, sizeof(hex) - 1), name);
    return n == sizeof(hex) - 1 && set_sha256(hex, ret);
}

/* "archive/ab/cd/SHA-256" and "quarantine/JOB/NAME" under PENSTOCK_HOME. */
static bool find_kept(const struct settings *s, const char *resolved, struct subject *ret)
{
    const char *home = settings_text(s, SETTING_HOME),
               *rest = below_resolved(home, ret->absolute, resolved);
    const size_t shard = strlen("archive/ab/cd/");

    if (!rest)
        return false;
    if (strncmp(rest, "archive/", 8) == 0)
        return strlen(rest) > shard && set_original(rest + shard, ret);
    if (strncmp(rest, "quarantine/", 11) == 0 && isdigit((unsigned char)rest[11])) {
        ret->job = strtoll(rest + 11, NULL, 10);
        ret->kind = SUBJECT_JOB;
        return true;
    }
    return false;
}

/* A relative path may be meant from an inbox: of several, the one that has it. */
static bool find_relative(const struct settings *s, const struct collections *list,
                          const char *text, struct subject *ret)
{
    char path[PATH_MAX];
    struct stat st;

    if (text[0] == '/' || lstat(ret->absolute, &st) == 0)
        return false;
    for (size_t i = 0; i < list->n; i++) {
        int n = snprintf(path, sizeof(path), "%s/%s", list->list[i].path, text);

        if (n > 0 && n < PATH_MAX && (list->n == 1 || lstat(path, &st) == 0)) {
            normalise(path);
            (void)memcpy(ret->absolute, path, sizeof(path));
            return find_inbox(s, list, path, ret);
        }
    }
    return false;
}

int subject_find(const struct settings *s, const char *text, struct subject *ret,
                 struct reason *why)
{
    struct collections list = {0};
    char resolved[PATH_MAX];
    int r = make_absolute(text, ret->absolute);

    ret->kind = SUBJECT_OUTSIDE;
    if (r == 0 && *text)
        r = settings_collections(s, &list, why);
    if (r < 0 || !*text)
        reason_set(why, "\"%s\" cannot be a path: %s", text,
                   r < 0 ? log_errno_text(r) : "it is empty");
    if (r != 0 || !*text)
        return 1;
    resolve_folder(ret->absolute, resolved);
    if (!find_inbox(s, &list, resolved, ret) && !find_kept(s, resolved, ret) &&
        !(access(ret->absolute, F_OK) != 0 && set_sha256(text, ret)))
        (void)find_relative(s, &list, text, ret);
    collections_done(&list);
    return 0;
}
