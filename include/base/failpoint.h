/* failpoint.h - makes a process fail at a named step, for tests. In builds with -Dfailpoints=true
 * only; otherwise FAIL_AT() is 0 and nothing of it is compiled.
 *
 * Every program of the service reads three variables at its start; the supervisor hands them on.
 * What is wrong there ends the program with exit code 2 and a sentence.
 *
 *   FAIL         name:action@when,name:action@when,...     names: failpoints.def
 *     action     kill, stop, crash (signals to itself), delay=MS, or eio, enospc, enomem (the step
 *                fails so)
 *     when       3: at the third hit; 3/10: at the third and every tenth after it; 5%: at each hit
 *                with that chance (2.5% also)
 *   FAIL_COUNTS  the file that counts hits, over all processes of the service and its restarts;
 *                needed with FAIL; made when it is not there. Alone it counts without failing.
 *   FAIL_SEED    a number: another row of chances. Hit n of a point decides the same under the same
 *                seed.
 *
 * The file is one row of 48 bytes a point, in the order of failpoints.def, integers as the machine
 * has them:
 *
 *   for name, hits, fired in struct.iter_unpack("32sQQ", open(path, "rb").read()):
 *       print(name.rstrip(b"\0").decode(), hits, fired)
 */
#pragma once

#include "base/err.h"

#include <stdatomic.h>
#include <stdint.h>

#ifdef PENSTOCK_FAILPOINTS

enum failpoint {
#define FAILPOINT(id, name, takes_error, what) FAILPOINT_##id,
#include "base/failpoints.def"
#undef FAILPOINT
    FAILPOINT_COUNT
};

/* A row of the file. */
struct failpoint_row {
    char name[32];
    _Atomic uint64_t hits, fired;
};

/* Replaces what is set, as the three variables say; NULL: not set. 0, 1 with a sentence in `why`,
 * or -errno of the file. Called by itself at the start of a program. */
int failpoint_setup(const char *fail, const char *counts, const char *seed,
                    struct reason *why) MUST_CHECK;

/* The process is at this step: counts, and does what is set for this hit. 0, or -errno to be
 * handled as the step's own failure (only where failpoints.def says so). */
int failpoint_hit(enum failpoint point);

#define FAIL_AT(id) failpoint_hit(FAILPOINT_##id)

#else

#define FAIL_AT(id) 0

#endif
