/* sandbox_landlock.c - Landlock: the process can reach no path, no TCP port, and no process
 * outside (signals, abstract sockets, ptrace).
 *
 * By system call, since Debian 12 has no library for it and its headers end at ABI 2: the rights
 * and the structure are defined here, and masked by what the kernel's ABI knows. What an older ABI
 * does not cover (truncate below 3, TCP below 4, devices below 5, signals below 6), the filter of
 * system calls denies as well. Descriptors that are open already stay usable. Landlock never
 * covered stat, chmod, chown and utime: those are the filter's business too.
 */
#include "worker/worker.h"

#include "base/fd.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights of paths: 0 to 12 are ABI 1 (execute to make_sym), then one each. */
#define FS_OF_ABI_1 ((1ull << 13) - 1)
#define FS_REFER    (1ull << 13) /* ABI 2 */
#define FS_TRUNCATE (1ull << 14) /* ABI 3 */
#define FS_IOCTL    (1ull << 15) /* ABI 5: of devices */
#define NET_TCP     3ull         /* ABI 4: bind, connect */
#define SCOPES      3ull         /* ABI 6: abstract sockets, signals */

#define FS_READ_FILE (1ull << 2)
#define FS_READ_DIR  (1ull << 3)

/* struct landlock_ruleset_attr of ABI 6. Older kernels take it as long as what they do not know is
 * zero. */
struct rights {
    uint64_t fs;
    uint64_t net;
    uint64_t scopes;
};

/* What parsers may read. Which maps of Chinese, Japanese and Korean characters a PDF wants is known
 * only when it is read, and all of them are 12 MB (poppler-data). */
const char *const sandbox_readable[] = {
    "/usr/share/poppler/cMap",
    "/usr/share/poppler/cidToUnicode",
#if SANITIZED
    "/proc",
    "/proc/self/exe",
#endif
    NULL,
};
const size_t sandbox_n_readable = ARRAY_SIZE(sandbox_readable) - 1;

static struct rights rights_of(int abi)
{
    return (struct rights){
        .fs = FS_OF_ABI_1 | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
              (abi >= 5 ? FS_IOCTL : 0),
        .net = abi >= 4 ? NET_TCP : 0,
        .scopes = abi >= 6 ? SCOPES : 0,
    };
}

/* A file that is not there is one that nobody reads. */
static int allow_reading(int ruleset, const char *path)
{
    int parent CLEANUP(fd_closep) = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = {.parent_fd = parent, .allowed_access = FS_READ_FILE};
    struct stat st;

    if (parent < 0)
        return errno == ENOENT ? 0 : -errno;
    if (fstat(parent, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        rule.allowed_access |= FS_READ_DIR;
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0
               ? -errno
               : 0;
}

int sandbox_enter_landlock(void)
{
    const int abi = cage_landlock_abi();
    const struct rights handled = rights_of(abi);
    int ruleset CLEANUP(fd_closep) = -1;
    int r = 0;

    if (abi == 0)
        return -EOPNOTSUPP;
    ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof(handled), 0);
    if (ruleset < 0)
        return -errno;
    for (size_t i = 0; i < sandbox_n_readable && r == 0; i++)
        r = allow_reading(ruleset, sandbox_readable[i]);
    if (r == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        r = -errno;
    return r;
}
