/* doctor.h - the checklist of `penstock doctor`. A check adds one or more findings; it tells
 * nothing itself. */
#pragma once

#include "cli/command.h"

enum finding_level { FINDING_OK, FINDING_WARN, FINDING_FAIL };

struct finding {
    enum finding_level level;
    const char *check; /* what was looked at: "inbox" */
    char *sentence;
    char *remedy; /* NULL: none needed */
};

struct doctor {
    const struct invocation *inv;
    const struct settings *settings;
    struct collections collections;
    struct finding *list;
    size_t n, capacity;
    int exit_code; /* of the failure that matters most */
};

/* Adds a finding about `check` (static storage). */
void doctor_add(struct doctor *d, enum finding_level level, const char *check, const char *format,
                ...) PRINTF_LIKE(4, 5);
/* What to do about the finding added last. */
void doctor_remedy(struct doctor *d, const char *format, ...) PRINTF_LIKE(2, 3);
/* A failure that decides the exit code. */
void doctor_failed_with(struct doctor *d, int exit_code);

/* The parts, in order. */
void doctor_check_home(struct doctor *d);
void doctor_check_inboxes(struct doctor *d);
void doctor_check_inotify(struct doctor *d);
void doctor_check_worker(struct doctor *d);
void doctor_check_cage(struct doctor *d);
void doctor_check_ocr(struct doctor *d);
void doctor_check_database(struct doctor *d);
/* Of those about the database, over its session. */
struct session;
void doctor_check_vectors(struct doctor *d, struct session *s);
