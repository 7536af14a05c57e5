/* corpus_write.c - the documents of a corpus as files in a folder. */
#include "corpus.h"

#include "stop.h"

#include "base/fd.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int write_document(const char *folder, uint64_t i, const struct corpus_document *d,
                          char **ret_name)
{
    char path[PATH_MAX], name[40];
    int fd, r;

    (void)snprintf(name, sizeof(name), "%08llu.%s", (unsigned long long)i, d->extension);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    r = fd_write_all(fd, d->bytes.data, d->bytes.size);
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0 && ret_name)
        r = (*ret_name = strdup(name)) ? 0 : -ENOMEM;
    return r;
}

int corpus_write(const struct corpus *c, uint64_t n, const char *folder, char **ret_names,
                 uint64_t *ret_bytes)
{
    struct corpus_document document = {BUF_INIT};
    int r = fd_make_directories(folder, 0755);
    uint64_t bytes = 0;

    for (uint64_t i = 0; i < n && r == 0; i++) {
        r = stop_requested() ? -EINTR : corpus_make(c, i, &document);
        if (r == 0)
            r = write_document(folder, i, &document, ret_names ? &ret_names[i] : NULL);
        bytes += document.bytes.size;
    }
    buf_done(&document.bytes);
    if (r == 0)
        *ret_bytes = bytes;
    return r;
}
