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

/* Reads the document behind a descriptor open for reading (which stays the caller's), with its sidecar if
 * `sidecar_fd` is not -1, starting a worker when there is none. `ret` is valid until the next call. Returns 0; or 1 and why: the worker died, overran
 * PENSTOCK_MAX_SECONDS, or could not read it. */
int reader_read(struct reader *r, int fd, int sidecar_fd, const char *name,
                const struct reading **ret, struct reason *why) MUST_CHECK;
