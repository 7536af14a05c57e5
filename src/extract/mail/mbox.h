/* mbox.h - a message of a mailbox; for format_mbox.c and records. */
#pragma once

#include "base/buf.h"

struct mbox_message {
    const char *bytes;
    size_t size;
};

/* The message in what goes from one separator to the next: without the line "From sender date", the
 * empty line behind it, and the quotation of its lines. It lies in `bytes`, or in `copy`. 0 or
 * -ENOMEM. */
int mbox_message(const char *bytes, size_t size, struct buf *copy,
                 struct mbox_message *ret) MUST_CHECK;
