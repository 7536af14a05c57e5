/* guard.h - runs libxml2 so that running out of memory ends it. */
#pragma once

#include "base/err.h"

/* Makes libxml2 silent and its allocations guarded. Before anything else of libxml2. */
void guard_init(void);

/* Calls `parse` with `context`; when libxml2 cannot allocate memory in it, leaves it at once with
 * -ENOMEM. What the parser holds then must still be freed; what it held in local variables is lost.
 */
int guard_run(void (*parse)(void *context), void *context) MUST_CHECK;
