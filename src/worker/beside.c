/* beside.c - the sidecar of a document: kept from its message to that of the document, read then. */
#include "worker/worker.h"

#include "base/fd.h"

bool beside_take(struct beside *b, uint64_t token, uint64_t size, int fd)
{
    if (b->fd >= 0) {
        (void)fd_close(fd);
        return false;
    }
    b->fd = fd;
    b->token = token;
    b->size = size;
    return true;
}

bool beside_belongs(const struct beside *b, uint64_t token)
{
    return b->fd < 0 || b->token == token;
}

int beside_read(struct beside *b, struct reason *refusal)
{
    int r;

    b->changed = false;
    if (b->fd < 0)
        return 0;
    if (b->size > SIDECAR_MAX_BYTES)
        return sidecar_too_large(refusal);
    r = document_read(&b->file, b->fd, b->size, SIDECAR_MAX_BYTES);
    b->changed = r == 0 && b->file.changed;
    if (r == 0 && !b->changed)
        r = sidecar_read(&b->sidecar, b->file.bytes, b->file.size, refusal);
    document_trim(&b->file);
    return r;
}

const struct sidecar *beside_sidecar(const struct beside *b)
{
    return b->token ? &b->sidecar : NULL;
}

void beside_forget(struct beside *b)
{
    b->fd = fd_close(b->fd);
    b->token = 0;
}
