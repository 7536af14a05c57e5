/* common.h - what the tests of src/cli share. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"

/* Compares a buffer with a text and empties it. */
static inline void assert_buf(struct buf *b, const char *expected)
{
    assert_int_equal(buf_error(b), 0);
    assert_string_equal(buf_text(b), expected);
    buf_done(b);
}
