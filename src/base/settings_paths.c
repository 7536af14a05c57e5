/* settings_paths.c - the inboxes: PENSTOCK_INBOX read as a list of collections, each path made
 * absolute.
 *
 * Two inboxes never share a file, and none shares one with the folders that penstock keeps for
 * itself: a file would be taken twice, or what was filed away would be taken again. Compared is
 * what the paths lead to, so a symbolic link is no way around; what does not exist yet is compared
 * as it is written.
 */
#include "base/settings_internal.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Adds the components of `path`, each after a slash, without `.` and empty ones. */
static void add_components(struct buf *out, const char *path)
{
    while (*path) {
        size_t n = strcspn(path, "/");

        if (n > 0 && !(n == 1 && path[0] == '.')) {
            buf_add_char(out, '/');
            buf_add(out, path, n);
        }
        path += n + (path[n] == '/');
    }
}

int path_make_absolute(const char *path, char **ret)
{
    CLEANUP(buf_done) struct buf out = BUF_INIT;
    char directory[PATH_MAX];

    if (path[0] != '/') {
        if (!getcwd(directory, sizeof(directory)))
            return -errno;
        add_components(&out, directory);
    }
    add_components(&out, path);
    if (out.size == 0)
        buf_add_char(&out, '/');
    if (buf_error(&out) < 0)
        return buf_error(&out);
    *ret = buf_take(&out);
    return 0;
}

/* Where an absolute path leads: the part that exists is resolved, the rest is kept as written. */
static int resolve(const char *path, char ret[PATH_MAX])
{
    char head[PATH_MAX], resolved[PATH_MAX];
    size_t n = strlen(path);

    if (n >= sizeof(head))
        return -ENAMETOOLONG;
    memcpy(head, path, n + 1);
    while (n > 1 && !realpath(head, resolved)) {
        while (n > 1 && head[n - 1] != '/')
            n--;
        n -= n > 1; /* the slash, unless it is the root */
        head[n] = '\0';
    }
    if (n <= 1)
        resolved[0] = '\0';
    path += n <= 1 ? 0 : n;
    if (strlen(resolved) + strlen(path) >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(ret, resolved, strlen(resolved));
    memcpy(ret + strlen(resolved), path, strlen(path) + 1);
    return 0;
}

static bool is_within(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    if (n == 1) /* the root */
        return true;
    return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* Whether one of them is the other, or lies inside it. */
static int overlaps(const char *a, const char *b, bool *ret)
{
    char at_a[PATH_MAX], at_b[PATH_MAX];
    int r = resolve(a, at_a);

    if (r == 0)
        r = resolve(b, at_b);
    if (r < 0)
        return r;
    *ret = is_within(at_a, at_b) || is_within(at_b, at_a);
    return 0;
}

/* [a-z0-9][a-z0-9_-]{0,62} */
static bool is_collection_name(const char *name, size_t n)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";

    if (n == 0 || n >= sizeof(((struct collection *)NULL)->name) || name[0] == '_' ||
        name[0] == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!memchr(allowed, name[i], sizeof(allowed) - 1))
            return false;
    return true;
}

static int append(struct collections *c, const char *name, size_t name_size, const char *path)
{
    struct collection *grown = reallocarray(c->list, c->n + 1, sizeof(*grown)), *one;
    int r;

    if (!grown)
        return -ENOMEM;
    c->list = grown;
    one = &grown[c->n];
    *one = (struct collection){0};
    memcpy(one->name, name, name_size);
    r = path_make_absolute(path, &one->path);
    if (r < 0)
        return r;
    c->n++;
    return 0;
}

static int refuse_item(struct reason *why, const char *item, const char *problem)
{
    reason_add(why, "PENSTOCK_INBOX: \"%.64s\" %s", item, problem);
    return 1;
}

/* One `name=path` of the list; `item` is writable. */
static int add_item(struct collections *c, char *item, struct reason *why)
{
    char *equals;

    item += strspn(item, " ");
    for (size_t n = strlen(item); n > 0 && item[n - 1] == ' '; n--)
        item[n - 1] = '\0';
    equals = strchr(item, '=');
    if (!equals)
        return refuse_item(why, item, "is not name=path, as each of several inboxes must be");
    if (!is_collection_name(item, (size_t)(equals - item)))
        return refuse_item(why, item,
                           "does not begin with a name of a-z, 0-9, _ and -, at most 63");
    if (equals[1] == '\0')
        return refuse_item(why, item, "has no path");
    return append(c, item, (size_t)(equals - item), equals + 1);
}

static int add_list(struct collections *c, const char *text, struct reason *why)
{
    char *list = strdup(text), *next = list, *item;
    int wrong = 0, r = 0;

    if (!list)
        return -ENOMEM;
    while (r >= 0 && (item = strsep(&next, ","))) {
        r = add_item(c, item, why);
        wrong |= r > 0;
    }
    free(list);
    return r < 0 ? r : wrong;
}

static int add_default(const struct settings *s, struct collections *c)
{
    char path[PATH_MAX];
    int r = settings_home_path(s, "inbox", path, sizeof(path));

    return r < 0 ? r : append(c, "default", strlen("default"), path);
}

static int read_list(const struct settings *s, struct collections *c, struct reason *why)
{
    const char *text = settings_text(s, SETTING_INBOX);

    if (!text[0])
        return add_default(s, c);
    if (!strpbrk(text, "=,"))
        return append(c, "default", strlen("default"), text);
    return add_list(c, text, why);
}

static int check_pair(const struct collection *a, const struct collection *b, struct reason *why)
{
    bool overlap = false;
    int r;

    if (strcmp(a->name, b->name) == 0) {
        reason_add(why, "PENSTOCK_INBOX: the name %s is there twice", a->name);
        return 1;
    }
    r = overlaps(a->path, b->path, &overlap);
    if (r == 0 && overlap)
        reason_add(why, "PENSTOCK_INBOX: %s (%s) and %s (%s) share files", a->name, a->path,
                   b->name, b->path);
    return r < 0 ? r : overlap;
}

/* Against the folders that penstock keeps for itself. */
static int check_own_folders(const struct settings *s, const struct collection *c,
                             struct reason *why)
{
    static const char *const own[] = {"archive", "quarantine", "run", "postgres"};
    char path[PATH_MAX];
    bool overlap = false;
    int r = 0;

    for (size_t i = 0; r == 0 && !overlap && i < ARRAY_SIZE(own); i++) {
        r = settings_home_path(s, own[i], path, sizeof(path));
        if (r == 0)
            r = overlaps(c->path, path, &overlap);
    }
    if (overlap)
        reason_add(why,
                   "PENSTOCK_INBOX: %s (%s) shares files with %s, which penstock keeps for itself",
                   c->name, c->path, path);
    return r < 0 ? r : overlap;
}

static int check_list(const struct settings *s, const struct collections *c, struct reason *why)
{
    int wrong = 0, r;

    for (size_t i = 0; i < c->n; i++) {
        r = check_own_folders(s, &c->list[i], why);
        for (size_t j = 0; r >= 0 && j < i; j++) {
            wrong |= r;
            r = check_pair(&c->list[j], &c->list[i], why);
        }
        if (r < 0)
            return r;
        wrong |= r;
    }
    return wrong;
}

int settings_collections(const struct settings *s, struct collections *ret, struct reason *why)
{
    struct collections found = {0};
    int r = read_list(s, &found, why);

    if (r == 0)
        r = check_list(s, &found, why);
    if (r == 0) {
        *ret = found;
        return 0;
    }
    collections_done(&found);
    if (r == -ENAMETOOLONG) {
        reason_add(why, "PENSTOCK_INBOX: a path is too long");
        return 1;
    }
    return r;
}

void collections_done(struct collections *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->list[i].path);
    free(c->list);
    *c = (struct collections){0};
}
