/* stream.c - a file read in pieces from its first byte to its last, and hashed on the way.
 *
 * For a file that is read twice: who compares the two hashes knows that both passes saw the same.
 */
#include "worker/worker.h"

#include <openssl/evp.h>
#include <unistd.h>

int stream_begin(struct stream *s, int fd, _Atomic uint64_t *progress)
{
    *s = (struct stream){.fd = fd, .progress = progress};
    if (lseek(fd, 0, SEEK_SET) < 0)
        return -errno;
    s->hash = EVP_MD_CTX_new();
    if (s->hash && EVP_DigestInit_ex(s->hash, EVP_sha256(), NULL) == 1)
        return 0;
    EVP_MD_CTX_free(s->hash);
    s->hash = NULL;
    return -ENOMEM;
}

ssize_t stream_read(void *stream, char *to, size_t size)
{
    struct stream *s = stream;
    ssize_t n;

    do {
        n = read(s->fd, to, size);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (EVP_DigestUpdate(s->hash, to, (size_t)n) != 1)
        return -ENOMEM;
    if (s->progress)
        stats_progress(s->progress);
    s->size += (uint64_t)n;
    return n;
}

int stream_end(struct stream *s, uint8_t ret_sha256[32])
{
    int r = EVP_DigestFinal_ex(s->hash, ret_sha256, NULL) == 1 ? 0 : -ENOMEM;

    EVP_MD_CTX_free(s->hash);
    s->hash = NULL;
    return r;
}

ssize_t stream_peek(int fd, char *to, size_t size)
{
    size_t done = 0;
    ssize_t n = 1;

    while (done < size && n > 0) {
        do {
            n = pread(fd, to + done, size - done, (off_t)done);
        } while (n < 0 && errno == EINTR);
        if (n < 0)
            return -errno;
        done += (size_t)n;
    }
    return (ssize_t)done;
}
