/* worker.h - what the files of a worker share. */
#pragma once

#include "base/settings.h"
#include "base/stats.h"
#include "extract/extract.h"
#include "wire/message.h"
#include "wire/role.h"

/* The bytes of the document in hand, and what one pass over them told. */
struct document {
    char *bytes; /* the first `size` bytes of the file; memory is reused for the next document */
    size_t size;
    size_t capacity;
    uint64_t byte_size; /* of the whole file */
    uint8_t sha256[32]; /* of the whole file */
    bool changed;       /* the file changed while it was read */
};

/* Reads the whole file once: hashes all of it, keeps at most `max_bytes`. More than
 * `expected_bytes` counts as changed. -errno of read(2), or -ENOMEM. */
int document_read(struct document *d, int fd, uint64_t expected_bytes,
                  uint64_t max_bytes) MUST_CHECK;
/* Gives back what a large document took. */
void document_trim(struct document *d);
void document_done(struct document *d);

/* Locks the process in before it sees a document: no new privileges, no core, resource limits. */
int sandbox_enter(const struct settings *s) MUST_CHECK;

/* The program's entry: argv is {"penstock:", "worker", slot}. */
int worker_main(int argc, char **argv);
