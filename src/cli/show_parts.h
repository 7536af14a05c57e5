/* show_parts.h - for `penstock show`: what lies inside a document, and what it lies in. */
#pragma once

#include "cli/database.h"
#include "base/json.h"

/* The rows of both, and of a file that is split how far it is; freed by show_parts_free(). */
struct show_parts {
    struct rows *parts, *places, *split;
};

/* Asks for all. Returns the exit code. */
int show_parts_find(const struct invocation *inv, struct session *s, int64_t document,
                    struct show_parts *ret) MUST_CHECK;
void show_parts_free(struct show_parts *p);

/* Lines of a description; nothing when there is nothing. */
void show_parts_text(const struct show_parts *p, struct buf *out);
/* Members "parts" and "inside", and "split" of a file that is split. */
void show_parts_json(const struct show_parts *p, struct json *j);
