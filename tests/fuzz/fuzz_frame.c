/* fuzz_frame.c - the reader of frames (frame.h), fed by a socket in pieces of any size.
 *
 * First byte even: the rest is a stream of bytes in pieces, some with a descriptor. Then the reader
 * must give the frames that a plain reading of the same bytes gives, until it refuses the stream.
 * Odd: frames as a sender makes them, cut into pieces. Then all must arrive, each with its
 * descriptor. Whatever happens, no descriptor may stay open.
 */
#include "fuzz.h"

#include "base/frame.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_BYTES = 5000, MAX_STREAM = 32 * 1024 };

struct trial {
    int sender;
    struct frame_reader reader;
    int fds[3]; /* of files that are told apart by their inode */
    ino_t inodes[3];
    char stream[MAX_STREAM];      /* all bytes sent */
    size_t sent, read;            /* bytes sent; of those, bytes of the frames that came out */
    uint8_t sent_fds[MAX_STREAM]; /* by the offset of a frame: 1 + index of its descriptor */
    bool is_strict;               /* all frames are well-formed */
    bool refused;
};

/* The lowest free descriptor: a leak raises it. */
static int lowest_free(void)
{
    int fd = dup(STDERR_FILENO);

    REQUIRE(fd >= 0 && close(fd) == 0);
    return fd;
}

static ino_t inode(int fd)
{
    struct stat st;

    REQUIRE(fstat(fd, &st) == 0);
    return st.st_ino;
}

static void check_frame(struct trial *t, struct frame *f)
{
    const uint8_t *p = (const uint8_t *)t->stream + t->read;
    uint32_t prefix;

    REQUIRE(t->sent - t->read >= FRAME_HEADER_BYTES);
    prefix = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    REQUIRE(f->size == (prefix & 0x7fffffff) && f->size > 0 && f->size <= MAX_BYTES);
    REQUIRE((f->fd >= 0) == (prefix >> 31));
    REQUIRE(t->sent - t->read - FRAME_HEADER_BYTES >= f->size);
    REQUIRE(memcmp(f->data, p + FRAME_HEADER_BYTES, f->size) == 0);
    if (t->is_strict && f->fd >= 0)
        REQUIRE(inode(f->fd) == t->inodes[t->sent_fds[t->read] - 1]);
    t->read += FRAME_HEADER_BYTES + f->size;
}

/* Reads until the reader wants more or gives up. */
static int read_frames(struct trial *t)
{
    struct frame *f;
    bool ahead;
    int r;

    while (!t->refused) {
        ahead = frame_is_ahead(&t->reader);
        r = frame_read(&t->reader, &f);
        if (r != 0) {
            REQUIRE(!ahead || r < 0);
            t->refused = r < 0;
            return r;
        }
        check_frame(t, f);
        (void)frame_unref(frame_ref(f));
        (void)frame_unref(f);
    }
    return -EPROTO;
}

/* Sends a piece; reads in between when the socket is full. */
static void send_piece(struct trial *t, size_t n, int fd)
{
    struct iovec iov = {.iov_base = t->stream + t->sent, .iov_len = n};
    size_t sent = 0;
    int r = FRAME_AGAIN;

    while (n > 0 && !t->refused) {
        r = frame_write_some(t->sender, &iov, 1, fd, &sent);
        REQUIRE(r == 0 || r == FRAME_AGAIN);
        if (r == FRAME_AGAIN) {
            (void)read_frames(t);
            continue;
        }
        fd = -1;
        t->sent += sent;
        n -= sent;
        iov.iov_base = t->stream + t->sent;
        iov.iov_len = n;
    }
}

/* [length and flags, bytes...]...: a piece is up to 64 bytes, or 64 times that when the 7th bit is
 * set; the top bit sends a descriptor along. */
static void send_anything(struct trial *t, struct choices *c)
{
    uint8_t head;
    size_t n;

    while (c->left > 1 && !t->refused) {
        head = next_choice(c);
        n = (size_t)(head & 63) * (head & 64 ? 64 : 1) + 1;
        n = MIN(MIN(n, c->left), sizeof(t->stream) - t->sent);
        if (n == 0)
            return;
        memcpy(t->stream + t->sent, c->at, n);
        c->at += n;
        c->left -= n;
        send_piece(t, n, head & 128 ? t->fds[head % ARRAY_SIZE(t->fds)] : -1);
        if (head & 1)
            (void)read_frames(t);
    }
}

/* [size, 8 high bits of it, flags]...: a frame of that size, in pieces. */
static void send_frames(struct trial *t, struct choices *c)
{
    size_t size, begin, piece, n;
    uint8_t flags;
    int fd;

    while (c->left > 0) {
        size = next_choice(c);
        size = (size | (size_t)next_choice(c) << 8) % MAX_BYTES + 1;
        flags = next_choice(c);
        begin = t->sent;
        if (size + FRAME_HEADER_BYTES > sizeof(t->stream) - begin)
            return;
        frame_put_header(t->stream + begin, (uint32_t)size, flags & 1);
        memset(t->stream + begin + FRAME_HEADER_BYTES, flags, size);
        t->sent_fds[begin] = (uint8_t)(1 + (flags >> 1) % ARRAY_SIZE(t->fds));
        size += FRAME_HEADER_BYTES;
        piece = flags & 8 ? (size_t)1 + (flags >> 4) : size;
        fd = flags & 1 ? t->fds[t->sent_fds[begin] - 1] : -1;
        /* the first pieces of that size, the rest at once */
        for (unsigned i = 0; size > 0; i++, size -= n, fd = -1) {
            n = i < 20 ? MIN(piece, size) : size;
            send_piece(t, n, fd);
            REQUIRE(!t->refused);
            if (flags & 4)
                (void)read_frames(t);
        }
    }
}

static void run(struct trial *t, struct choices *c)
{
    int r;

    t->is_strict = next_choice(c) & 1;
    if (t->is_strict)
        send_frames(t, c);
    else
        send_anything(t, c);
    (void)close(t->sender);
    r = read_frames(t);
    REQUIRE(r < 0 || r == FRAME_EOF);
    REQUIRE(r == FRAME_EOF || !t->is_strict);
    REQUIRE(r < 0 || t->read == t->sent);
}

static void open_trial(struct trial *t)
{
    int pair[2];

    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    t->sender = pair[0];
    frame_reader_init(&t->reader, pair[1], MAX_BYTES);
}

/* Once, for all trials. */
static void open_files(struct trial *t)
{
    for (size_t i = 0; i < ARRAY_SIZE(t->fds); i++) {
        t->fds[i] = memfd_create("frame", MFD_CLOEXEC);
        REQUIRE(t->fds[i] >= 0);
        t->inodes[i] = inode(t->fds[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trial t;
    struct choices c = {data, size};
    int free_before;

    if (t.fds[0] == 0)
        open_files(&t);
    free_before = lowest_free();
    t.sent = t.read = 0;
    t.refused = false;
    open_trial(&t);
    run(&t, &c);
    frame_reader_done(&t.reader);
    (void)close(t.reader.fd);
    REQUIRE(lowest_free() == free_before);
    return 0;
}
