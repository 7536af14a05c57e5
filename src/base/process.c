/* process.c - see process.h. */
#include "base/process.h"

#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

void process_set_name(const char *name)
{
    (void)prctl(PR_SET_NAME, name, 0, 0, 0);
}

int process_bind_to_parent(pid_t parent, int signal)
{
    if (prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0) < 0)
        return -errno;
    return getppid() == parent ? 0 : 1;
}

pid_t process_maker_of(int socket)
{
    struct ucred maker;
    socklen_t size = sizeof(maker);

    return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &maker, &size) < 0 ? -errno : maker.pid;
}

int process_sibling_program(const char *name, char *ret, size_t size)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    char *slash;

    if (n < 0)
        return -errno;
    self[n] = '\0';
    slash = strrchr(self, '/');
    if (!slash)
        return -ENOENT;
    if ((size_t)(slash - self) + 1 + strlen(name) >= size)
        return -ENAMETOOLONG;
    (void)snprintf(ret, size, "%.*s/%s", (int)(slash - self), self, name);
    return 0;
}

unsigned process_cpu_count(void)
{
    cpu_set_t set; /* too small for a machine of more than 1024: sched_getaffinity(2) "BUGS" */
    long n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set)
                                                          : sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (unsigned)n : 1;
}

bool process_exists(pid_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}
