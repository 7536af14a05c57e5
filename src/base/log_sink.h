/* log_sink.h - where log lines go; private to log.c. */
#pragma once

#include "base/err.h"

#include <stdint.h>

/* Writes a line to standard error, or drops and counts it when nobody makes room. */
void log_sink_write(const char *line, size_t size);
/* The lines dropped since the last call; 0 as long as more would be. */
uint64_t log_sink_take_lost(void);
