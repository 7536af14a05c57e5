/* reader.h - one penstock-worker of our own, for commands that want a document read without the
 * service. The command plays intake and pool towards it.
 */
#pragma once

#include "base/settings.h"
#include "cli/reading.h"

struct reader;

/* Starts nothing yet. Fails only with -ENOMEM. */
int reader_new(const struct settings *s, struct reader **ret) MUST_CHECK;
/* Ends the worker. NULL is allowed; returns NULL. */
struct reader *reader_free(struct reader *r);

/* A document to be read. Descriptors are open for reading and stay the caller's. */
struct reader_input {
    int fd, sidecar_fd; /* the latter -1: there is none */
    const char *name;
    /* Of a folder that is one document `fd` is the meta.json. First it is only asked what it lists: */
    bool list_only;
    void (*listed)(void *user, struct bytes path);
    /* then all of it is read: so many files, opened one after the other (-1: it cannot be). */
    size_t n_files;
    int (*open_next)(void *user);
    void *user;
};

/* Reads it, starting a worker when there is none. `ret` is valid until the next call. Returns 0; or 1 and why: the worker
 * died, overran PENSTOCK_MAX_SECONDS, or could not read it. */
int reader_read(struct reader *r, const struct reader_input *in, const struct reading **ret,
                struct reason *why) MUST_CHECK;
