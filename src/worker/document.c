/* document.c - reads a document once: hash and bytes in one pass.
 *
 * read(2), not mmap(2): a mapping of a file that is truncated meanwhile ends the process with
 * SIGBUS.
 */
#include "worker/worker.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES (256u << 10)
#define KEPT_BYTES  (4u << 20) /* memory kept from one document to the next */

static int make_room(struct document *d, size_t size)
{
    char *bytes;

    if (size <= d->capacity)
        return 0;
    bytes = realloc(d->bytes, size);
    if (!bytes)
        return -ENOMEM;
    d->bytes = bytes;
    d->capacity = size;
    return 0;
}

/* Reads one chunk behind what is kept, or over the last chunk once enough is kept. Returns the
 * bytes, 0 at the end. */
static ssize_t read_chunk(struct document *d, int fd, EVP_MD_CTX *hash, uint64_t max_bytes)
{
    ssize_t n;

    if (make_room(d, d->size + CHUNK_BYTES) < 0)
        return -ENOMEM;
    do {
        n = read(fd, d->bytes + d->size, CHUNK_BYTES);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (EVP_DigestUpdate(hash, d->bytes + d->size, (size_t)n) != 1)
        return -ENOMEM;
    if (d->progress)
        stats_progress(d->progress);
    d->byte_size += (uint64_t)n;
    d->size += (size_t)MIN((uint64_t)n, max_bytes - MIN(max_bytes, d->size));
    return n;
}

/* A regular file gives less than was asked for at its end only: when all is there that was
 * expected, asking for nothing more is left out. */
static bool is_end(const struct document *d, ssize_t n, uint64_t expected_bytes)
{
    return n < (ssize_t)CHUNK_BYTES && d->byte_size == expected_bytes;
}

static int read_all(struct document *d, int fd, EVP_MD_CTX *hash, uint64_t expected_bytes,
                    uint64_t max_bytes)
{
    ssize_t n;

    if (EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
        return -ENOMEM;
    do {
        n = read_chunk(d, fd, hash, max_bytes);
    } while (n > 0 && d->byte_size <= expected_bytes && !is_end(d, n, expected_bytes));
    if (n < 0)
        return (int)n;
    return EVP_DigestFinal_ex(hash, d->sha256, NULL) == 1 ? 0 : -ENOMEM;
}

bool document_unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

int document_hash(const void *bytes, size_t size, unsigned char ret[32])
{
    return EVP_Digest(bytes, size, ret, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

/* The first use of libcrypto reads its configuration. */
int document_prepare(void)
{
    unsigned char digest[32];

    return document_hash("", 0, digest);
}

int document_read(struct document *d, int fd, uint64_t expected_bytes, uint64_t max_bytes)
{
    EVP_MD_CTX *hash;
    struct stat before, after;
    int r;

    d->size = 0;
    d->byte_size = 0;
    if (fstat(fd, &before) < 0)
        return -errno;
    /* At once: the sandbox knows no mremap(2), so a buffer that grows is copied each time. */
    if (make_room(d, (size_t)MIN(expected_bytes, max_bytes) + CHUNK_BYTES) < 0)
        return -ENOMEM;
    hash = EVP_MD_CTX_new();
    r = hash ? read_all(d, fd, hash, expected_bytes, max_bytes) : -ENOMEM;
    EVP_MD_CTX_free(hash);
    if (r < 0)
        return r;
    if (fstat(fd, &after) < 0)
        return -errno;
    d->changed = d->byte_size != expected_bytes || !document_unchanged(&before, &after);
    return 0;
}

void document_trim(struct document *d)
{
    if (d->capacity > KEPT_BYTES)
        document_done(d);
}

void document_done(struct document *d)
{
    free(d->bytes);
    d->bytes = NULL;
    d->size = d->capacity = 0;
}
