/* guard.h - runs libxml2 so that running out of memory ends it, and so that it stays fast. */
#pragma once

#include "base/err.h"

/* Makes libxml2 silent and its allocations guarded. Before anything else of libxml2. */
void guard_init(void);

/* Calls `parse` with `context`; when libxml2 cannot allocate memory in it, leaves it at once with
 * -ENOMEM. What the parser holds then must still be freed; what it held in local variables is lost.
 */
int guard_run(void (*parse)(void *context), void *context) MUST_CHECK;

/* Whether the parser's dictionary has so many different names that looking one up becomes slow:
 * then stop. No document that is meant to be read comes near it. */
struct _xmlDict;
bool guard_is_crowded(struct _xmlDict *names);
