/* figures.h - the figures of a trial as JSON: what reports, tables and charts
 * are made of. */
#pragma once

#include "histogram.h"
#include "trial.h"

/* {count, mean_ms, p50_ms, p95_ms, p99_ms, max_ms} */
json_t *figures_times(const struct times *t);
/* Counters of the database; NULL and why. */
json_t *figures_totals(PGconn *pg, struct reason *why);
/* One object a role: processor time, memory. */
json_t *figures_roles(const struct sample *s, uint64_t n_documents);
