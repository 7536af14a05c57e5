/* show_versions.h - what `penstock show` tells of the versions of an external id. */
#pragma once

#include "base/json.h"
#include "cli/database.h"

/* The document that --external (and --collection) means. Returns the exit code, having told. */
int show_versions_find(const struct invocation *inv, struct session *s, int64_t *ret) MUST_CHECK;

/* `versions`: rows of cli_document_versions.sql, none when there is no external id; that is in the
 * `column` of `document`, the document with this id. */
void show_versions_text(int64_t id, const struct rows *document, unsigned column,
                        const struct rows *versions, struct buf *out);
void show_versions_json(const struct rows *versions, struct json *j);
