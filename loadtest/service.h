/* service.h - `penstock run` as a child process, and what `penstock status
 * --json` says of it. */
#pragma once

#include "base/err.h"

#include <jansson.h>
#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#define SERVICE_MAX_SETTINGS 32

/* NAME=VALUE each. */
struct settings_list {
    char *list[SERVICE_MAX_SETTINGS];
    size_t n;
};

/* Adds one, replacing an earlier value of the name; nothing happens when value
 * is NULL. -ENOMEM, or -E2BIG. */
int settings_list_set(struct settings_list *l, const char *name, const char *value) MUST_CHECK;
/* The value of a name, "" when it is not there. */
const char *settings_list_get(const struct settings_list *l, const char *name);
void settings_list_done(struct settings_list *l);

struct service {
    char program[PATH_MAX]; /* penstock */
    char folder[PATH_MAX];  /* working directory; its log is here */
    struct settings_list settings;
    bool inherits; /* the whole environment and working directory are the caller's
                  */
    pid_t pid;     /* 0: not running, or not ours */
};

/* Starts it in `folder`, which must exist, with these settings and nothing else
 * from outside, and waits until it is ready. Returns 1 and why, with the last
 * lines of its log. */
int service_start(struct service *s, struct reason *why) MUST_CHECK;
/* TERM, wait; KILL when it takes longer than a minute. Returns 1 and why when
 * its exit code was not 0. Nothing happens when it does not run. */
int service_stop(struct service *s, struct reason *why) MUST_CHECK;
/* Whether it has ended by itself. */
bool service_has_ended(struct service *s);

/* Status as JSON; free with json_decref(). NULL and why. */
json_t *service_status(const struct service *s, struct reason *why);
/* penstock --version. */
int service_version(const struct service *s, char *ret, size_t size) MUST_CHECK;
