/* doctor_folders.c - folders, space, watches, and the worker program.
 *
 * A folder that is not there yet is judged by the nearest one above it that is: the service makes
 * it at start.
 */
#include "cli/doctor.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/human.h"
#include "cli/reader.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FEW_BYTES     (100ULL << 20)
#define PLENTY_BYTES  (1ULL << 30)
#define WALK_OPEN_MAX 32

/* The path itself, or the nearest folder above it that exists. Returns whether it was the path
 * itself. */
static bool nearest(const char *path, char ret[PATH_MAX])
{
    struct stat st;
    char *slash;

    (void)snprintf(ret, PATH_MAX, "%s", path);
    if (stat(ret, &st) == 0)
        return true;
    while ((slash = strrchr(ret, '/')) && slash > ret) {
        *slash = '\0';
        if (stat(ret, &st) == 0)
            return false;
    }
    (void)snprintf(ret, PATH_MAX, "/");
    return false;
}

/* Whether files can be made in it; the finding is only added when not. */
static bool check_writable(struct doctor *d, const char *check, const char *path,
                           char existing[PATH_MAX])
{
    struct stat st;
    bool there = nearest(path, existing);

    if (stat(existing, &st) == 0 && !S_ISDIR(st.st_mode)) {
        doctor_add(d, FINDING_FAIL, check, "%s is not a folder", existing);
        doctor_remedy(d, "move %s away", existing);
        return false;
    }
    if (access(existing, R_OK | W_OK | X_OK) == 0)
        return true;
    doctor_add(d, FINDING_FAIL, check, "%s %s: %s", existing,
               there ? "cannot be read and written" : "cannot be written", log_errno_text(errno));
    doctor_remedy(d, "give the user that runs penstock read and write access to %s", existing);
    return false;
}

static void check_space(struct doctor *d, const char *path, const char *existing)
{
    struct statvfs v;
    uint64_t free_bytes;

    if (statvfs(existing, &v) < 0) {
        doctor_add(d, FINDING_WARN, "space", "the free space of %s is not known: %s", existing,
                   log_errno_text(errno));
        return;
    }
    free_bytes = (uint64_t)v.f_bavail * v.f_frsize;
    doctor_add(d,
               free_bytes < FEW_BYTES      ? FINDING_FAIL
               : free_bytes < PLENTY_BYTES ? FINDING_WARN
                                           : FINDING_OK,
               "space", "%s free in %s", human_bytes(free_bytes).text, path);
    if (free_bytes < PLENTY_BYTES)
        doctor_remedy(d, "make room: the archive and the private cluster grow there");
}

void doctor_check_home(struct doctor *d)
{
    static const char *const folders[] = {"archive", "quarantine", "run"};
    const char *home = settings_text(d->settings, SETTING_HOME);
    char path[PATH_MAX], existing[PATH_MAX];
    bool good = check_writable(d, "home", home, existing);

    for (size_t i = 0; i < ARRAY_SIZE(folders) && good; i++)
        good = settings_home_path(d->settings, folders[i], path, sizeof(path)) == 0 &&
               check_writable(d, "home", path, existing);
    if (!good)
        return;
    doctor_add(d, FINDING_OK, "home", "%s %s", home,
               nearest(home, existing) ? "can be written" : "is not there yet and can be made");
    check_space(d, home, existing);
}

/* File systems that tell nothing of what other machines write (statfs(2)). */
static const struct {
    long type;
    const char *name;
} remote_types[] = {{0x6969, "NFS"},      {0xff534d42, "CIFS"}, {0xfe534d42, "SMB"},
                    {0x65735546, "FUSE"}, {0x01021997, "9p"},   {0x00c36400, "Ceph"}};

static void check_events(struct doctor *d, const char *path)
{
    struct statfs fs;

    if (statfs(path, &fs) < 0)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(remote_types); i++) {
        if ((uint32_t)fs.f_type != (uint32_t)remote_types[i].type)
            continue;
        doctor_add(d, FINDING_WARN, "inbox",
                   "%s is on %s: files that other machines write are noticed by reading the "
                   "folders anew only, every %s s",
                   path, remote_types[i].name, settings_text(d->settings, SETTING_RESCAN));
        doctor_remedy(d, "set PENSTOCK_RESCAN_SECONDS to the delay that is bearable");
    }
}

static void check_same_device(struct doctor *d, const char *path)
{
    char archive[PATH_MAX], existing[PATH_MAX];
    struct stat inbox, other;

    if (settings_home_path(d->settings, "archive", archive, sizeof(archive)) < 0)
        return;
    (void)nearest(archive, existing);
    if (stat(path, &inbox) < 0 || stat(existing, &other) < 0 || inbox.st_dev == other.st_dev)
        return;
    doctor_add(d, FINDING_WARN, "inbox",
               "%s and %s are on different file systems: each original is copied instead of "
               "renamed",
               path, archive);
    doctor_remedy(d, "put both on one file system, or set PENSTOCK_AFTER=delete or keep");
}

void doctor_check_inboxes(struct doctor *d)
{
    char existing[PATH_MAX];

    for (size_t i = 0; i < d->collections.n; i++) {
        const struct collection *c = &d->collections.list[i];
        bool there;

        if (!check_writable(d, "inbox", c->path, existing))
            continue;
        there = strcmp(existing, c->path) == 0;
        doctor_add(d, FINDING_OK, "inbox", "%s: %s %s", c->name, c->path,
                   there ? "can be read and written" : "is not there yet and can be made");
        check_events(d, existing);
        check_same_device(d, existing);
    }
}

/* inotify: a watch for each folder. */

static uint64_t folders_seen; /* nftw(3) gives its callback no other place */

static int count_folder(const char *path UNUSED, const struct stat *st UNUSED, int type,
                        struct FTW *at UNUSED)
{
    folders_seen += type == FTW_D || type == FTW_DNR;
    return 0;
}

static uint64_t read_limit(const char *name)
{
    struct buf text = BUF_INIT;
    char path[128];
    uint64_t n = 0;

    (void)snprintf(path, sizeof(path), "/proc/sys/fs/inotify/%s", name);
    if (fd_read_file(path, 64, &text) == 0)
        n = strtoull(buf_text(&text), NULL, 10);
    buf_done(&text);
    return n;
}

void doctor_check_inotify(struct doctor *d)
{
    uint64_t watches = read_limit("max_user_watches"), instances = read_limit("max_user_instances");

    folders_seen = 0;
    for (size_t i = 0; i < d->collections.n; i++)
        (void)nftw(d->collections.list[i].path, count_folder, WALK_OPEN_MAX, FTW_PHYS);
    if (watches == 0 || instances == 0) {
        doctor_add(d, FINDING_WARN, "inotify",
                   "its limits cannot be read: the folders may be noticed by reading them anew "
                   "only");
        return;
    }
    if (folders_seen * 10 <= watches * 8 && instances >= 8) {
        doctor_add(d, FINDING_OK, "inotify", "%s folders to watch, %s watches allowed",
                   human_count(folders_seen).text, human_count(watches).text);
        return;
    }
    doctor_add(d, FINDING_WARN, "inotify",
               "%s folders to watch, but %s watches and %" PRIu64 " instances allowed for a "
               "user",
               human_count(folders_seen).text, human_count(watches).text, instances);
    doctor_remedy(
        d, "sysctl fs.inotify.max_user_watches=%" PRIu64 " fs.inotify.max_user_instances=%" PRIu64,
        MAX(folders_seen * 2, watches), MAX(instances, (uint64_t)128));
}

/* The worker program. */

static const char sample[] = "The quick brown fox jumps over the lazy dog.\n";

static int sample_file(void)
{
    int fd = memfd_create("sample.txt", MFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    if (fd_write_all(fd, sample, sizeof(sample) - 1) < 0 || lseek(fd, 0, SEEK_SET) < 0)
        return fd_close(fd);
    return fd;
}

static void judge_sample(struct doctor *d, const struct reading *got)
{
    if (strcmp(got->media_type, "text/plain") == 0 && strstr(got->body, "quick brown fox")) {
        doctor_add(d, FINDING_OK, "worker",
                   "penstock-worker starts, locks itself in and reads a sample");
        return;
    }
    doctor_add(d, FINDING_FAIL, "worker", "penstock-worker read a plain text as %s",
               got->media_type);
    doctor_remedy(d, "install penstock-worker of this version (%s) beside penstock",
                  PENSTOCK_VERSION);
}

void doctor_check_worker(struct doctor *d)
{
    int fd CLEANUP(fd_closep) = sample_file();
    const struct reader_input in = {.fd = fd, .sidecar_fd = -1, .name = "sample.txt"};
    struct reader *reader = NULL;
    const struct reading *got;
    struct reason why = {""};

    if (fd < 0 || reader_new(d->settings, &reader) < 0) {
        doctor_add(d, FINDING_WARN, "worker", "no sample could be made to try it");
        return;
    }
    if (reader_read(reader, &in, &got, &why) == 0) {
        judge_sample(d, got);
    } else {
        doctor_add(d, FINDING_FAIL, "worker", "%s", why.text);
        doctor_remedy(d, "install penstock-worker of this version (%s) beside penstock",
                      PENSTOCK_VERSION);
    }
    reader_free(reader);
}
