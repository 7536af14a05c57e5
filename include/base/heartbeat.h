/* heartbeat.h - a process shows that it is not stuck: a time on the shared page that it renews. The
 * supervisor ends the one that does not (src/supervisor/watchdog.c). */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* How often a role's loop beats by itself. */
#define HEARTBEAT_USEC 1000000u

/* From now on heartbeat() writes there; the word must outlive the process. */
void heartbeat_init(_Atomic uint64_t *word);
/* Still working: for what keeps the loop for longer than a moment. Without a word it does nothing.
 */
void heartbeat(void);
