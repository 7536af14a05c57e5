/* clock.h - the two clocks, in microseconds.
 *
 * Durations and deadlines are taken from the monotonic clock; the wall clock is only shown to
 * people and compared with file times. Leases are judged by the database's clock alone
 * (docs/ARCHITECTURE.md).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define USEC_PER_MSEC 1000ULL
#define USEC_PER_SEC  1000000ULL
#define NSEC_PER_SEC  1000000000ULL

/* CLOCK_MONOTONIC. */
uint64_t clock_now_usec(void);

/* Processor time of this process. */
uint64_t clock_cpu_usec(void);

/* CLOCK_REALTIME since 1970. */
uint64_t clock_wall_usec(void);

/* Writes "2026-11-20T05:12:46.123Z" (RFC 3339) for a wall time; `text` takes CLOCK_TEXT_SIZE bytes.
 */
#define CLOCK_TEXT_SIZE 32
void clock_format(uint64_t wall_usec, char text[CLOCK_TEXT_SIZE]);
