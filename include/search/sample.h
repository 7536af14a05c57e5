/* sample.h - a text that has something of everything in which a server can differ from another:
 * every type of token, characters of many scripts, the limits of words and positions. */
#pragma once

#include "base/buf.h"

/* Appends it: valid UTF-8 without NUL. -ENOMEM. */
int sample_make(struct buf *ret) MUST_CHECK;
/* A short one: for further configurations of a server that passed the other one, when no more is to be
 * known than what their dictionaries answer. */
int sample_make_short(struct buf *ret) MUST_CHECK;
