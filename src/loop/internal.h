/* internal.h - what the files of src/loop share: the loop's insides. */
#pragma once

#include "loop/loop.h"

#include <uv.h>

struct loop {
    uv_loop_t uv;
};
