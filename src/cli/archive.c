/* archive.c - see archive.h; the layout is inbox/filing.h's. */
#include "cli/archive.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* A file, or the folder that a document was. */
static bool is_there(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

static bool below_home(const struct settings *s, const char *name, char *ret, size_t size)
{
    if (settings_home_path(s, name, ret, size) == 0)
        return is_there(ret);
    ret[0] = '\0';
    return false;
}

bool archive_locate(const struct settings *s, const char *sha256_hex, char *ret, size_t size)
{
    char name[128];

    (void)snprintf(name, sizeof(name), "archive/%.2s/%.2s/%.64s", sha256_hex, sha256_hex + 2,
                   sha256_hex);
    return below_home(s, name, ret, size);
}

bool quarantine_locate(const struct settings *s, int64_t job, const char *path, size_t path_bytes,
                       char *ret, size_t size)
{
    const char *slash = memrchr(path, '/', path_bytes), *last = slash ? slash + 1 : path;
    char name[PATH_MAX];

    (void)snprintf(name, sizeof(name), "quarantine/%" PRId64 "/%.*s", job,
                   (int)(path + path_bytes - last), last);
    return below_home(s, name, ret, size);
}
