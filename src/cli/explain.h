/* explain.h - the parts of `penstock explain`: what is asked about, and who answers.
 *
 * The file system, the service and the database are asked in this order; each either gives the
 * answer's state or leaves it to the next, and says in `unknown` what it could not tell.
 */
#pragma once

#include "cli/database.h"
#include "cli/service.h"

#include <limits.h>
#include <sys/stat.h>

enum subject_kind {
    SUBJECT_OUTSIDE, /* under no inbox */
    SUBJECT_FILE,    /* a path in an inbox, whether it is there or not */
    SUBJECT_JOB,     /* a file in quarantine */
    SUBJECT_CONTENT, /* a SHA-256, or a file in the archive */
};

struct subject {
    enum subject_kind kind;
    char absolute[PATH_MAX];
    char collection[64];
    char inbox[PATH_MAX]; /* folder of the collection, "" when it is no longer configured */
    char path[PATH_MAX];  /* relative to the inbox */
    int64_t job;
    uint8_t sha256[32];
    char sha256_hex[65];
};

/* Finds out what `text` means: a path in an inbox (absolute, relative to the working directory,
 * or to an inbox), one in the archive or quarantine, or a SHA-256. Returns 1 and why when it
 * cannot be a path. */
int subject_find(const struct settings *s, const char *text, struct subject *ret,
                 struct reason *why) MUST_CHECK;
/* Makes a file of collection and path. */
void subject_set_file(const struct settings *s, const char *collection, const char *path,
                      size_t path_bytes, struct subject *ret);

struct answer {
    const char *state;     /* NULL: nobody knew yet */
    const char *stage;     /* what the intake calls it; NULL: it does not have it in hand */
    struct reason detail;  /* why */
    struct reason unknown; /* what could not be told, and why */
    bool exists;           /* in the inbox, as a regular file */
    struct stat st;        /* when it exists */
    bool service_runs;
    uint64_t position; /* among those that wait; 0: none */
    bool has_worker;
    struct service_worker worker;
    struct rows *jobs;      /* cli_jobs_of_path.sql; NULL: not known */
    struct rows *documents; /* cli_documents_of_content.sql; NULL: not asked */
};

void answer_from_files(const struct subject *subject, struct answer *a);
void answer_from_service(const struct settings *s, const struct subject *subject, struct answer *a);
void answer_from_database(const struct invocation *inv, struct subject *subject, struct answer *a);

/* Columns of cli_jobs_of_path.sql. */
enum job_of_path {
    JOB_ID,
    JOB_STATE,
    JOB_OUTCOME,
    JOB_ATTEMPT,
    JOB_STRIKES,
    JOB_ERROR,
    JOB_DOCUMENT,
    JOB_SIZE,
    JOB_MTIME,
    JOB_CTIME,
    JOB_NODE,
    JOB_TOKEN,
    JOB_SEEN,
    JOB_CLAIMED,
    JOB_FINISHED,
    JOB_RUN_AT,
    JOB_RETRY_REASON,
    JOB_DOCUMENT_NAME,
    JOB_SHA256
};
/* Columns of cli_documents_of_content.sql. */
enum document_of_content { CONTENT_ID, CONTENT_COLLECTION, CONTENT_NAME };
