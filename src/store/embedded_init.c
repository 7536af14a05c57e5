/* embedded_init.c - making the private cluster.
 *
 * initdb works in postgres.tmp, which becomes postgres by one rename when everything is through; so
 * a cluster that exists is whole, and what a killed attempt left is removed and made anew. initdb
 * itself writes the cluster through to the disk. Everything inside the cluster is written as its
 * user, never as root.
 */
#include "embedded_site.h"

#include "base/fd.h"
#include "sql.h"

#include <fcntl.h>
#include <ftw.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char conf[] =
    "# Written anew at every start. Settings of your own: ALTER SYSTEM, or postgresql.conf behind "
    "the include.\n"
    "listen_addresses = ''\n"
    "port = " EMBEDDED_PORT "\n"
    "unix_socket_permissions = 0700\n"
    "max_connections = 60\n"
    "wal_compression = lz4\n"
    "default_toast_compression = lz4\n"
    "max_wal_size = 2GB\n"
    "min_wal_size = 256MB\n"
    "checkpoint_timeout = 15min\n"
    "jit = off\n"
    "client_connection_check_interval = 2s\n"
    "password_encryption = scram-sha-256\n"
    "logging_collector = off\n"
    "log_destination = stderr\n"
    "log_line_prefix = '%m [%p] %q%a '\n"
    "log_lock_waits = on\n"
    "log_checkpoints = off\n"
    "# Without DETAIL and STATEMENT: they would put the text of documents into the log.\n"
    "log_error_verbosity = terse\n"
    "log_min_error_statement = panic\n";

/* An eighth of the memory, between 128 MB and 1 GB. */
static unsigned shared_buffers_mb(void)
{
    unsigned long long bytes =
        (unsigned long long)sysconf(_SC_PHYS_PAGES) * (unsigned long long)sysconf(_SC_PAGESIZE);

    return (unsigned)MIN(MAX(bytes >> 23, 128), 1024);
}

static int write_file(const char *path, const struct buf *text)
{
    CLEANUP(fd_closep)
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r = fd < 0 ? -errno : fd_write_all(fd, buf_text(text), text->size);

    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    return r;
}

int embedded_write_conf(const struct embedded_site *site, const char *data)
{
    CLEANUP(buf_done) struct buf text = BUF_INIT, present = BUF_INIT;
    char path[PATH_MAX + 32], fresh[PATH_MAX + 32];
    int r;

    buf_add_str(&text, conf);
    buf_printf(&text, "unix_socket_directories = '%s'\n", site->socket);
    buf_printf(&text, "shared_buffers = %uMB\n", shared_buffers_mb());
    r = buf_error(&text);
    if (r < 0)
        return r;
    (void)snprintf(path, sizeof(path), "%s/penstock.conf", data);
    (void)snprintf(fresh, sizeof(fresh), "%s/penstock.conf.tmp", data);
    if (fd_read_file(path, 65536, &present) == 0 &&
        strcmp(buf_text(&present), buf_text(&text)) == 0)
        return 0;
    r = write_file(fresh, &text);
    return r == 0 && rename(fresh, path) < 0 ? -errno : r;
}

static int add_include(const struct embedded_site *site)
{
    static const char line[] = "\ninclude 'penstock.conf'\n";
    char path[PATH_MAX + 32];
    CLEANUP(fd_closep) int fd = -1;
    int r;

    (void)snprintf(path, sizeof(path), "%s/postgresql.conf", site->half_made);
    fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    r = fd_write_all(fd, line, strlen(line));
    return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* In a child, as the cluster's user. */
static int configure(const struct embedded_site *site)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return -errno;
    if (pid == 0)
        _exit(embedded_become_user(site) < 0 || embedded_write_conf(site, site->half_made) < 0 ||
              add_include(site) < 0);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return status == 0 ? 0 : -EIO;
}

/* A folder of the cluster's user alone. What stands there already must be just that, as in /tmp
 * somebody else may have been faster; or root's, when another root process has come between these
 * two steps. Judged and changed by descriptor, so that it cannot be exchanged in between. */
static int make_private(const struct embedded_site *site, const char *path)
{
    CLEANUP(fd_closep) int fd = -1;
    struct stat st;

    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return -errno;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOTDIR || errno == ELOOP || errno == EACCES ? -EPERM : -errno;
    if (fstat(fd, &st) < 0)
        return -errno;
    if (st.st_uid != site->user.uid && !(site->user.drop && st.st_uid == 0))
        return -EPERM;
    if (st.st_uid != site->user.uid && fchown(fd, site->user.uid, site->user.gid) < 0)
        return -errno;
    return (st.st_mode & 07777) != 0700 && fchmod(fd, 0700) < 0 ? -errno : 0;
}

/* 0711: the cluster's user must get through, and reads nothing here. */
int embedded_make_folders(const struct embedded_site *site, struct reason *why)
{
    const char *path = site->home;
    int r = fd_make_directories(path, 0711);

    if (r == 0)
        r = fd_make_directories(path = site->run, 0711);
    if (r == 0)
        r = embedded_check_reach(site, site->run, why);
    if (r == 0)
        r = make_private(site, path = site->socket);
    if (r >= 0)
        return r;
    reason_set(why, "%s cannot be made: %s", path,
               r == -EPERM ? "something of another user stands there" : strerror(-r));
    return 1;
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *at UNUSED)
{
    return remove(path);
}

static int remove_tree(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0 && errno != ENOENT)
        return -errno;
    return 0;
}

static int run_initdb(const struct embedded_site *site)
{
    locale_t utf8 = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
    const char *const argv[] = {
        "initdb",
        "-D",
        site->half_made,
        "-U",
        EMBEDDED_ROLE,
        "-A",
        "trust",
        "-E",
        "UTF8",
        utf8 ? "--locale=C.UTF-8" : "--locale=C",
        "--lc-messages=C",
        "--no-instructions",
        NULL,
    };

    if (utf8)
        freelocale(utf8);
    return embedded_run(site, argv, NULL);
}

/* Before any socket exists, and with every error fatal, so that the exit status tells. */
static int create_database(const struct embedded_site *site)
{
    const char *const argv[] = {
        "postgres", "--single", "-D", site->half_made, "-c", "exit_on_error=on", "template1", NULL,
    };
    char input[256];

    (void)snprintf(input, sizeof(input), "%s\n", sql_create_database);
    return embedded_run(site, argv, input);
}

static int sync_folder(const char *path)
{
    CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int take_over(const struct embedded_site *site)
{
    if (rename(site->half_made, site->data) < 0)
        return -errno;
    return sync_folder(site->home);
}

int embedded_make_cluster(const struct embedded_site *site, struct reason *why)
{
    static const struct {
        const char *what;
        int (*step)(const struct embedded_site *site);
    } steps[] = {
        {"initdb", run_initdb},
        {"writing penstock.conf", configure},
        {"creating the database", create_database},
        {"the final rename", take_over},
    };
    int r;

    if (embedded_is_made(site))
        return 0;
    r = remove_tree(site->half_made);
    if (r == 0)
        r = make_private(site, site->half_made);
    if (r < 0) {
        reason_set(why, "%s cannot be made: %s", site->half_made, strerror(-r));
        return 1;
    }
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        r = steps[i].step(site);
        if (r == 0)
            continue;
        reason_set(why, "the private cluster %s could not be made: %s failed (%s%.0d)", site->data,
                   steps[i].what, r < 0 ? strerror(-r) : "exit status ", r < 0 ? 0 : r);
        embedded_quote_log(site, why);
        return 1;
    }
    return 0;
}
