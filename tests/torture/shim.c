/* shim.c - makes chosen calls of chosen processes fail (LD_PRELOAD); for tests/torture/calls.py.
 *
 * SHIM_FILE names a file of RULES rows of struct rule, which the scenario makes, maps and writes
 * into while the service runs: each process of the service maps it when it is started. A rule
 * counts the calls that it is about, over all processes of its roles, and lets those from the
 * `from`th to the `to`th fail with `error`; error 0 makes reads and writes transfer one byte
 * instead. Nothing else is changed: what is not to fail goes straight to the kernel.
 *
 * The role is told by argv, as src/main.c does. Anything else than penstock's own processes
 * (commands, PostgreSQL) is left alone. Of read and write, `read` and `write` are those of regular
 * files, `event` is a read of anything else.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define RULES 8

struct rule {
    char call[16];  /* "": this row and those behind it are not in use */
    uint32_t roles; /* bits in the order of role_names */
    int32_t error;  /* errno, or 0: one byte */
    uint64_t from, to;
    _Atomic uint64_t calls, failed;
};

static const char *const role_names[] = {"run", "pool", "intake", "worker"};
static struct rule *rules;
static uint32_t role_bit;
static long (*kernel)(long number, ...);

/* ---- which calls fail ---- */

/* Returns -1 when the call may go on, or the errno it is to fail with; 0: one byte only. */
static int verdict(const char *call)
{
    for (int i = 0; rules && i < RULES && rules[i].call[0]; i++) {
        struct rule *r = &rules[i];
        uint64_t n;

        if (!(r->roles & role_bit) || strncmp(r->call, call, sizeof(r->call)) != 0)
            continue;
        n = atomic_fetch_add(&r->calls, 1) + 1;
        if (n < r->from || n > r->to)
            continue;
        atomic_fetch_add(&r->failed, 1);
        return r->error;
    }
    return -1;
}

/* For calls that cannot be short. */
static bool fails(const char *call)
{
    int error = verdict(call);

    if (error > 0)
        errno = error;
    return error > 0;
}

static void find_kernel(void)
{
    if (!kernel)
        *(void **)&kernel = dlsym(RTLD_NEXT, "syscall");
}

static const char *last_component(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* argv is "…/penstock run …" or "penstock: ROLE …". */
static uint32_t role_of(int argc, char **argv)
{
    const char *name = argc > 1 ? last_component(argv[0]) : "";

    for (unsigned i = 0; i < sizeof(role_names) / sizeof(role_names[0]); i++)
        if (strcmp(name, i == 0 ? "penstock" : "penstock:") == 0 &&
            strcmp(argv[1], role_names[i]) == 0)
            return 1u << i;
    return 0;
}

__attribute__((constructor)) static void begin(int argc, char **argv, char **envp)
{
    const char *path = getenv("SHIM_FILE");
    uint32_t bit = role_of(argc, argv);
    void *at;
    long fd;

    (void)envp;
    find_kernel();
    if (!path || !bit)
        return;
    fd = kernel(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return;
    at = mmap(NULL, RULES * sizeof(struct rule), PROT_READ | PROT_WRITE, MAP_SHARED, (int)fd, 0);
    (void)close((int)fd);
    if (at == MAP_FAILED)
        return;
    role_bit = bit;
    rules = at;
}

/* ---- files ---- */

static bool is_file(int fd)
{
    struct stat st;

    return kernel(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode);
}

ssize_t read(int fd, void *buffer, size_t n)
{
    int error;

    find_kernel();
    error = rules ? verdict(is_file(fd) ? "read" : "event") : -1;
    if (error > 0) {
        errno = error;
        return -1;
    }
    return kernel(SYS_read, fd, buffer, error == 0 && n > 1 && is_file(fd) ? 1 : n);
}

ssize_t write(int fd, const void *buffer, size_t n)
{
    int error;

    find_kernel();
    error = rules && is_file(fd) ? verdict("write") : -1;
    if (error > 0) {
        errno = error;
        return -1;
    }
    return kernel(SYS_write, fd, buffer, error == 0 && n > 1 ? 1 : n);
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t n)
{
    int error = verdict("sendfile");

    find_kernel();
    if (error > 0) {
        errno = error;
        return -1;
    }
    return kernel(SYS_sendfile, to, from, at, error == 0 && n > 1 ? 1 : n);
}

static mode_t mode_of(int flags, va_list list)
{
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(list, mode_t) : 0;
}

int openat64(int folder, const char *path, int flags, ...)
{
    va_list list;
    mode_t mode;

    va_start(list, flags);
    mode = mode_of(flags, list);
    va_end(list);
    find_kernel();
    return fails("open") ? -1 : (int)kernel(SYS_openat, folder, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list list;
    mode_t mode;

    va_start(list, flags);
    mode = mode_of(flags, list);
    va_end(list);
    return openat64(AT_FDCWD, path, flags, mode);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    find_kernel();
    return fails("rename") ? -1
                           : (int)kernel(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return renameat2(from_folder, from, to_folder, to, 0);
}

int rename(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int folder, const char *path, int flags)
{
    find_kernel();
    return fails("unlink") ? -1 : (int)kernel(SYS_unlinkat, folder, path, flags);
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int fsync(int fd)
{
    find_kernel();
    return fails("fsync") ? -1 : (int)kernel(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    find_kernel();
    return fails("fsync") ? -1 : (int)kernel(SYS_fdatasync, fd);
}

int futimens(int fd, const struct timespec times[2])
{
    find_kernel();
    return fails("futimens") ? -1 : (int)kernel(SYS_utimensat, fd, NULL, times, 0);
}

int mkdirat(int folder, const char *path, mode_t mode)
{
    find_kernel();
    return fails("mkdir") ? -1 : (int)kernel(SYS_mkdirat, folder, path, mode);
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int fstat64(int fd, struct stat64 *st)
{
    find_kernel();
    return fails("stat") ? -1 : (int)kernel(SYS_fstat, fd, st);
}

int fstatat64(int folder, const char *path, struct stat64 *st, int flags)
{
    find_kernel();
    return fails("stat") ? -1 : (int)kernel(SYS_newfstatat, folder, path, st, flags);
}

int stat64(const char *path, struct stat64 *st)
{
    return fstatat64(AT_FDCWD, path, st, 0);
}

int lstat64(const char *path, struct stat64 *st)
{
    return fstatat64(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW);
}

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    find_kernel();
    return fails("watch") ? -1 : (int)kernel(SYS_inotify_add_watch, fd, path, mask);
}

/* src/inbox/open.c makes openat2(2) this way. */
long syscall(long number, ...)
{
    va_list list;
    long a[6];

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    find_kernel();
    if (number == SYS_openat2 && fails("open"))
        return -1;
    return kernel(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* ---- links between the processes ---- */

static bool is_long(const struct msghdr *m)
{
    return m->msg_iovlen > 0 && m->msg_iov[0].iov_len > 1;
}

/* The same message, cut behind its first byte. What came with it (descriptors) stays with that
 * byte. */
static ssize_t transfer_byte(long number, int fd, const struct msghdr *m, int flags,
                             struct msghdr *ret)
{
    struct iovec first = {.iov_base = m->msg_iov[0].iov_base, .iov_len = 1};
    struct msghdr cut = *m;
    ssize_t n;

    cut.msg_iov = &first;
    cut.msg_iovlen = 1;
    n = kernel(number, fd, &cut, flags);
    if (ret) {
        ret->msg_controllen = cut.msg_controllen;
        ret->msg_flags = cut.msg_flags;
    }
    return n;
}

ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
    int error = verdict("sendmsg");

    find_kernel();
    if (error > 0) {
        errno = error;
        return -1;
    }
    return error == 0 && is_long(m) ? transfer_byte(SYS_sendmsg, fd, m, flags, NULL)
                                    : kernel(SYS_sendmsg, fd, m, flags);
}

ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{
    int error = verdict("recvmsg");

    find_kernel();
    if (error > 0) {
        errno = error;
        return -1;
    }
    return error == 0 && is_long(m) ? transfer_byte(SYS_recvmsg, fd, m, flags, m)
                                    : kernel(SYS_recvmsg, fd, m, flags);
}

/* libpq's way to the server. A connection that is reset is so in both directions. */
static ssize_t fail_connection(int fd, int error)
{
    if (error == ECONNRESET)
        (void)kernel(SYS_shutdown, fd, SHUT_RDWR);
    errno = error;
    return -1;
}

ssize_t send(int fd, const void *buffer, size_t n, int flags)
{
    int error = verdict("send");

    find_kernel();
    if (error > 0)
        return fail_connection(fd, error);
    return kernel(SYS_sendto, fd, buffer, error == 0 && n > 1 ? 1 : n, flags, NULL, 0);
}

ssize_t recv(int fd, void *buffer, size_t n, int flags)
{
    int error = verdict("recv");

    find_kernel();
    if (error > 0)
        return fail_connection(fd, error);
    return kernel(SYS_recvfrom, fd, buffer, error == 0 && n > 1 ? 1 : n, flags, NULL, NULL);
}

/* ---- memory; sanitizers bring their own ---- */

#ifndef SHIM_WITHOUT_MALLOC

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t n);

void *malloc(size_t n)
{
    return fails("malloc") ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    return fails("malloc") ? NULL : __libc_calloc(n, size);
}

void *realloc(void *at, size_t n)
{
    return fails("malloc") ? NULL : __libc_realloc(at, n);
}

#endif
