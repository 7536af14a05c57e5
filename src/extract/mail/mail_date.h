/* mail_date.h - dates as messages have them. */
#pragma once

#include "extract/date.h"

/* Reads RFC 5322's "Thu, 29 Feb 2024 13:05:00 +0100 (CET)", its obsolete forms, asctime(3)'s and
 * ISO 8601. False: there is no day, month and year in it. */
bool mail_date_parse(const char *text, size_t n, struct date *ret);
