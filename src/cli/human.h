/* human.h - numbers as people read them. Each function returns a small text by value:
 * human_bytes(n).text. */
#pragma once

#include "base/err.h"

#include <stdint.h>

struct human {
    char text[32];
};

/* "512 B", "1.5 kB", "230 MB": powers of 1024, as in the settings. */
struct human human_bytes(uint64_t bytes);
/* "850 us", "12 ms", "3.2 s", "4 min 10 s", "2 h 5 min", "3 d 4 h". */
struct human human_usec(uint64_t usec);
/* "0", "0.3", "12.5", "1,240". */
struct human human_rate(double per_second);
/* "1,234,567". */
struct human human_count(uint64_t n);
/* "2026-11-20 05:12:46" in local time, "-" for 0. */
struct human human_time(uint64_t wall_usec);
