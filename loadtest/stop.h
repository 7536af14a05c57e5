/* stop.h - SIGINT and SIGTERM: everything that waits looks here and ends early,
 * so that children are stopped and the database is dropped on the way out. */
#pragma once

#include "base/err.h"

#include <stdint.h>

/* From here on the signals only set the flag; a second one still ends the
 * process. */
void stop_on_signals(void);
bool stop_requested(void);

/* Sleep until a monotonic time, for some time; returns early, true, when the
 * flag is set. */
bool stop_sleep_until(uint64_t usec);
bool stop_sleep(uint64_t usec);
