/* sections.h - which tables and charts the reports have: what is a row, what is
 * a column. */
#pragma once

#include "report.h"

/* Each ends with NULL. */
extern const struct section *const sections_of_run[],
    *const sections_of_sweep[], *const sections_of_compare[], *const sections_of_soak[];

/* Puts the figures of a trial into a report so that sections_of_run shows them;
 * takes them over. */
void sections_add_run(json_t *report, json_t *figures);
