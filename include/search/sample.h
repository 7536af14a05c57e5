/* sample.h - a text that has something of everything in which a server can differ from another:
 * every type of token, characters of many scripts, the limits of words and positions. */
#pragma once

#include "base/buf.h"

/* Appends it: valid UTF-8 without NUL. -ENOMEM. */
int sample_make(struct buf *ret) MUST_CHECK;
