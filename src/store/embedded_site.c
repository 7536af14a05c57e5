/* embedded_site.c - where the private cluster lies, whose it is, which programs run it. Only looks.
 *
 * As root the cluster is its present owner's, or PENSTOCK_POSTGRES_USER's when there is none yet.
 * The programs are those of the cluster's own major version once it exists: PostgreSQL cannot run
 * the files of another.
 */
#include "embedded_site.h"

#include "base/fd.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLDEST_MAJOR 15
#define NEWEST_MAJOR 40

/* What PostgreSQL takes apart or quotes in unix_socket_directories is kept out of it. */
static bool is_plain(const char *path)
{
    return path[strspn(path,
                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+=@~")] ==
           '\0';
}

int embedded_socket_folder(const struct settings *s, char *ret, size_t size)
{
    char folder[PATH_MAX], home[PATH_MAX];
    unsigned char digest[SHA256_DIGEST_LENGTH];
    int length, r = settings_home_path(s, "run/postgres", folder, sizeof(folder));

    if (r == 0)
        r = settings_home_path(s, "", home, sizeof(home));
    if (r < 0)
        return r;
    if (!is_plain(folder) || strlen(folder) + strlen("/.s.PGSQL." EMBEDDED_PORT) >=
                                 sizeof(((struct sockaddr_un *)0)->sun_path)) {
        (void)SHA256((const unsigned char *)home, strlen(home), digest);
        (void)snprintf(folder, sizeof(folder), "/tmp/penstock-%02x%02x%02x%02x%02x%02x%02x%02x",
                       digest[0], digest[1], digest[2], digest[3], digest[4], digest[5], digest[6],
                       digest[7]);
    }
    length = snprintf(ret, size, "%s", folder);
    return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

static void set_user(struct embedded_user *user, const struct passwd *pw)
{
    user->uid = pw->pw_uid;
    user->gid = pw->pw_gid;
    (void)snprintf(user->name, sizeof(user->name), "%s", pw->pw_name);
}

static int choose_as_root(const char *wanted, const char *data, struct embedded_user *ret,
                          struct reason *why)
{
    struct stat st;
    const struct passwd *pw = NULL;

    if (stat(data, &st) == 0 && st.st_uid != 0)
        pw = getpwuid(st.st_uid);
    if (!pw)
        pw = getpwnam(wanted);
    if (!pw || pw->pw_uid == 0) {
        reason_set(why,
                   "PostgreSQL does not run as root, and the user %s (PENSTOCK_POSTGRES_USER) that "
                   "the private cluster "
                   "would belong to %s: install the Debian package postgresql, which makes the "
                   "user postgres, or name "
                   "another",
                   wanted, pw ? "is root" : "does not exist");
        return 1;
    }
    set_user(ret, pw);
    ret->drop = true;
    return 0;
}

static int choose_user(const struct settings *s, const char *data, struct embedded_user *ret,
                       struct reason *why)
{
    const struct passwd *pw;
    struct stat st;

    *ret = (struct embedded_user){.uid = geteuid(), .gid = getegid()};
    if (ret->uid == 0)
        return choose_as_root(settings_text(s, SETTING_POSTGRES_USER), data, ret, why);
    pw = getpwuid(ret->uid);
    if (pw)
        set_user(ret, pw);
    if (stat(data, &st) == 0 && st.st_uid != ret->uid) {
        pw = getpwuid(st.st_uid);
        reason_set(why,
                   "the private cluster in %s belongs to the user %s: run penstock as that user, "
                   "or as root",
                   data, pw ? pw->pw_name : "of another system");
        return 1;
    }
    return 0;
}

int embedded_site(const struct settings *s, struct embedded_site *ret, struct reason *why)
{
    const struct {
        const char *name;
        char *path;
    } paths[] = {
        {"", ret->home},
        {"postgres", ret->data},
        {"postgres.tmp", ret->half_made},
        {"run", ret->run},
        {"run/postgres.log", ret->log},
        {"run/postgres.lock", ret->lock},
        {"run/postgres.start", ret->start_lock},
    };
    int r = 0;

    for (size_t i = 0; r == 0 && i < ARRAY_SIZE(paths); i++)
        r = settings_home_path(s, paths[i].name, paths[i].path, PATH_MAX);
    if (r == 0)
        r = embedded_socket_folder(s, ret->socket, sizeof(ret->socket));
    if (r < 0)
        return r;
    for (size_t length = strlen(ret->home); length > 1 && ret->home[length - 1] == '/'; length--)
        ret->home[length - 1] = '\0';
    ret->bin[0] = '\0';
    return choose_user(s, ret->data, &ret->user, why);
}

bool embedded_is_made(const struct embedded_site *site)
{
    char path[PATH_MAX + 16];
    struct stat st;

    (void)snprintf(path, sizeof(path), "%s/PG_VERSION", site->data);
    return stat(path, &st) == 0;
}

/* The major version that made the cluster, 0 when there is none. */
static int cluster_major(const struct embedded_site *site)
{
    CLEANUP(buf_done) struct buf text = BUF_INIT;
    char path[PATH_MAX + 16];

    (void)snprintf(path, sizeof(path), "%s/PG_VERSION", site->data);
    return fd_read_file(path, 64, &text) < 0 ? 0 : atoi(buf_text(&text));
}

static bool has_programs(const char *folder)
{
    static const char *const programs[] = {"postgres", "initdb"};
    char path[PATH_MAX + 16];

    for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, programs[i]);
        if (access(path, X_OK) < 0)
            return false;
    }
    return true;
}

static bool try_folder(struct embedded_site *site, const char *folder, size_t length)
{
    (void)snprintf(site->bin, sizeof(site->bin), "%.*s", (int)length, folder);
    if (site->bin[0] == '/' && has_programs(site->bin))
        return true;
    site->bin[0] = '\0';
    return false;
}

static bool find_packaged(struct embedded_site *site, int newest, int oldest)
{
    static const char *const layouts[] = {"/usr/lib/postgresql/%d/bin", "/usr/pgsql-%d/bin"};
    char folder[64];

    for (int major = newest; major >= oldest; major--)
        for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            (void)snprintf(folder, sizeof(folder), layouts[i], major);
#pragma GCC diagnostic pop
            if (try_folder(site, folder, strlen(folder)))
                return true;
        }
    return false;
}

static bool find_on_path(struct embedded_site *site)
{
    const char *at = getenv("PATH");

    while (at && *at) {
        size_t length = strcspn(at, ":");

        if (try_folder(site, at, length))
            return true;
        at += length + (at[length] == ':');
    }
    return false;
}

int embedded_find_programs(const struct settings *s, struct embedded_site *site, struct reason *why)
{
    const char *chosen = settings_text(s, SETTING_POSTGRES_BIN);
    int major = cluster_major(site);

    if (chosen[0] && !try_folder(site, chosen, strlen(chosen))) {
        reason_set(why, "PENSTOCK_POSTGRES_BIN=%s does not hold the programs initdb and postgres",
                   chosen);
        return 1;
    }
    if (chosen[0] ||
        find_packaged(site, major ? major : NEWEST_MAJOR, major ? major : OLDEST_MAJOR) ||
        find_on_path(site))
        return 0;
    if (major)
        reason_set(why,
                   "the private cluster in %s was made by PostgreSQL %d, whose programs are "
                   "missing: install the Debian "
                   "package postgresql-%d (apt-get install postgresql-%d)",
                   site->data, major, major, major);
    else
        reason_set(why,
                   "no database is configured and PostgreSQL's programs (initdb, postgres) are "
                   "missing: install the "
                   "Debian package postgresql (apt-get install postgresql), or set DATABASE_URL");
    return 1;
}

/* The first folder on the way to `path` that this process may not enter, into `path` itself; false:
 * all open. */
static bool find_closed(char *path)
{
    for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        int error;

        if (slash)
            *slash = '\0';
        error = access(path, X_OK) < 0 ? errno : 0;
        if (error == ENOENT)
            return false;
        if (error)
            return true;
        if (!slash)
            return false;
        *slash = '/';
    }
}

/* Asked by trying it as that user: modes alone do not know access lists. */
static int ask_as_user(const struct embedded_site *site, char *path)
{
    int status, pipe_fds[2];
    ssize_t n;
    pid_t pid;

    if (pipe2(pipe_fds, O_CLOEXEC) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        if (embedded_become_user(site) < 0)
            _exit(2);
        if (find_closed(path) && write(pipe_fds[1], path, strlen(path) + 1) < 0)
            _exit(2);
        _exit(0);
    }
    (void)fd_close(pipe_fds[1]);
    n = pid < 0 ? -1 : read(pipe_fds[0], path, PATH_MAX);
    (void)fd_close(pipe_fds[0]);
    if (pid < 0)
        return -EAGAIN;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (status != 0)
        return -EPERM;
    return n > 0;
}

int embedded_check_reach(const struct embedded_site *site, const char *path, struct reason *why)
{
    char closed[PATH_MAX];
    struct stat st;
    int r;

    (void)snprintf(closed, sizeof(closed), "%s", path);
    r = ask_as_user(site, closed);
    if (r <= 0)
        return r;
    reason_set(why,
               "the user %s, whom the private cluster belongs to, may not enter %s (mode %04o), "
               "which is on the way to "
               "%s: run `chmod o+x %s`, or set PENSTOCK_HOME to a folder that it can reach, such "
               "as /var/lib/penstock",
               site->user.name, closed, stat(closed, &st) == 0 ? st.st_mode & 07777 : 0, path,
               closed);
    return 1;
}
