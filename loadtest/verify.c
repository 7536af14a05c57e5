/* verify.c - see verify.h.
 *
 * A content is expected once in penstock.documents and once in the archive,
 * under its hash and with bytes that give that hash; a file that was dropped
 * has one job, which is done. Where the database and the folders are the test's
 * own, nothing else may be there. */
#include "verify.h"

#include "loadtest_sql.h"

#include "base/fd.h"

#include <dirent.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE_BYTES (64 << 20)

struct content {
    unsigned char sha256[32];
    uint64_t n_bytes;
    unsigned n_documents, n_originals;
};

struct check {
    const struct trial *trial;
    bool whole;    /* nothing else may be there */
    bool archived; /* originals went into the archive */
    struct content *contents;
    size_t n_contents;
    unsigned *n_jobs; /* of each file */

    uint64_t lost, doubled, unknown, wrong_size;
    uint64_t jobs_missing, jobs_doubled, jobs_unfinished;
    uint64_t originals_missing, originals_wrong, originals_unknown;
    uint64_t in_quarantine, in_inbox;
};

static int by_hash(const void *a, const void *b)
{
    return memcmp(((const struct content *)a)->sha256, ((const struct content *)b)->sha256, 32);
}

static struct content *find(struct check *c, const unsigned char *sha256)
{
    struct content key;

    memcpy(key.sha256, sha256, 32);
    return c->n_contents ? bsearch(&key, c->contents, c->n_contents, sizeof(key), by_hash) : NULL;
}

static bool parse_hash(const char *hex, unsigned char ret[32])
{
    for (int i = 0; i < 32; i++)
        if (sscanf(hex + 2 * (size_t)i, "%2hhx", &ret[i]) != 1)
            return false;
    return hex[64] == '\0';
}

static int begin(struct check *c)
{
    const struct manifest *m = &c->trial->manifest;
    uint64_t n = atomic_load(&m->n_rows);

    c->contents = calloc(n + 1, sizeof(*c->contents));
    c->n_jobs = calloc(n + 1, sizeof(*c->n_jobs));
    if (!c->contents || !c->n_jobs)
        return -ENOMEM;
    for (uint64_t i = 0; i < n; i++) {
        struct content *content = &c->contents[c->n_contents];

        if (m->rows[i].due_usec == 0 || m->rows[i].content != i)
            continue;
        memcpy(content->sha256, m->rows[i].sha256, 32);
        content->n_bytes = m->rows[i].n_bytes;
        c->n_contents++;
    }
    qsort(c->contents, c->n_contents, sizeof(*c->contents), by_hash);
    return 0;
}

static int query(struct check *c, PGconn *pg, const char *sql, PGresult **ret, struct reason *why)
{
    const char *values[] = {c->trial->collection, c->whole ? "" : c->trial->prefix};

    return database_query(pg, sql, 2, values, ret, why);
}

static int check_documents(struct check *c, PGconn *pg, struct reason *why)
{
    PGresult *rows = NULL;

    if (query(c, pg, sql_verify_documents, &rows, why) != 0)
        return 1;
    for (int i = 0; i < PQntuples(rows); i++) {
        unsigned char hash[32];
        struct content *content =
            parse_hash(database_text(rows, i, 0), hash) ? find(c, hash) : NULL;

        if (!content) {
            c->unknown++;
            continue;
        }
        content->n_documents++;
        c->wrong_size += (uint64_t)database_int(rows, i, 1) != content->n_bytes;
    }
    PQclear(rows);
    for (size_t i = 0; i < c->n_contents; i++) {
        c->lost += c->contents[i].n_documents == 0;
        c->doubled += c->contents[i].n_documents > 1;
    }
    return 0;
}

static int check_jobs(struct check *c, PGconn *pg, struct reason *why)
{
    const struct manifest *m = &c->trial->manifest;
    uint64_t n = atomic_load(&m->n_rows);
    PGresult *rows = NULL;

    if (query(c, pg, sql_verify_jobs, &rows, why) != 0)
        return 1;
    for (int i = 0; i < PQntuples(rows); i++) {
        int64_t number = drop_number_of(c->trial->prefix, database_text(rows, i, 0));

        c->jobs_unfinished += database_text(rows, i, 1)[0] != 't';
        if (number >= 0 && (uint64_t)number < n)
            c->n_jobs[number]++;
        else
            c->jobs_doubled++;
    }
    PQclear(rows);
    for (uint64_t i = 0; i < n; i++) {
        c->jobs_missing += c->n_jobs[i] == 0 && m->rows[i].due_usec != 0;
        c->jobs_doubled += c->n_jobs[i] > 1;
    }
    return 0;
}

/* An original must be under its own hash; one that nobody dropped may be there
 * only when the archive is somebody else's. */
static void see_original(struct check *c, const char *path, const char *name)
{
    struct content *content = NULL;
    unsigned char named[32], is[32];
    struct buf bytes = BUF_INIT;

    if (parse_hash(name, named))
        content = find(c, named);
    if (!content) {
        c->originals_unknown += c->whole;
        return;
    }
    content->n_originals++;
    if (fd_read_file(path, MAX_FILE_BYTES, &bytes) < 0)
        bytes.size = 0;
    (void)SHA256((const unsigned char *)(bytes.data ? bytes.data : ""), bytes.size, is);
    c->originals_wrong += memcmp(named, is, 32) != 0;
    buf_done(&bytes);
}

/* Calls see_original() for each file below; returns how many there are. */
static uint64_t walk(struct check *c, const char *folder, bool originals)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    uint64_t n = 0;

    while (d && (entry = readdir(d))) {
        char path[PATH_MAX + 300];
        bool is_folder;
        struct stat st;

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        is_folder = entry->d_type == DT_DIR ||
                    (entry->d_type == DT_UNKNOWN && lstat(path, &st) == 0 && S_ISDIR(st.st_mode));
        n += is_folder ? walk(c, path, originals) : 1;
        if (!is_folder && originals)
            see_original(c, path, entry->d_name);
    }
    if (d)
        (void)closedir(d);
    return n;
}

/* In an archive that is not ours alone only our own places are looked at. */
static void check_places(struct check *c)
{
    for (size_t i = 0; i < c->n_contents; i++) {
        char path[PATH_MAX + 80], name[65];

        for (int k = 0; k < 32; k++)
            (void)snprintf(name + 2 * (size_t)k, 3, "%02x", c->contents[i].sha256[k]);
        (void)snprintf(path, sizeof(path), "%s/%.2s/%.2s/%s", c->trial->archive, name, name + 2,
                       name);
        if (access(path, F_OK) == 0)
            see_original(c, path, name);
    }
}

static void check_folders(struct check *c)
{
    char path[PATH_MAX + 80];

    (void)snprintf(path, sizeof(path), "%s/%s", c->trial->inbox, c->trial->prefix);
    c->in_inbox = walk(c, path, false);
    if (c->whole) {
        (void)snprintf(path, sizeof(path), "%s/../quarantine", c->trial->archive);
        c->in_quarantine = walk(c, path, false);
    }
    if (!c->archived)
        return;
    if (c->whole)
        (void)walk(c, c->trial->archive, true);
    else
        check_places(c);
    for (size_t i = 0; i < c->n_contents; i++) {
        c->originals_missing += c->contents[i].n_originals == 0;
        c->originals_unknown += c->contents[i].n_originals > 1;
    }
}

static void tell(const json_t *verdict, struct reason *failure)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)verdict, name, value)
    {
        if (strcmp(name, "contents") != 0 && json_is_integer(value) &&
            json_integer_value(value) > 0)
            reason_add(failure, "%s: %lld", name, (long long)json_integer_value(value));
    }
}

static json_t *conclude(const struct check *c, struct reason *failure)
{
    json_t *verdict = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:I, s:I, s:I, s:I}", "contents",
        (json_int_t)c->n_contents, "lost", (json_int_t)c->lost, "doubled", (json_int_t)c->doubled,
        "unknown_documents", (json_int_t)c->unknown, "wrong_size", (json_int_t)c->wrong_size,
        "jobs_missing", (json_int_t)c->jobs_missing, "jobs_doubled", (json_int_t)c->jobs_doubled,
        "jobs_unfinished", (json_int_t)c->jobs_unfinished, "archive_checked", c->archived,
        "originals_missing", (json_int_t)c->originals_missing, "originals_wrong",
        (json_int_t)c->originals_wrong, "originals_unknown", (json_int_t)c->originals_unknown,
        "in_quarantine", (json_int_t)c->in_quarantine, "in_inbox", (json_int_t)c->in_inbox);
    struct reason wrong = {""};

    if (verdict)
        tell(verdict, &wrong);
    if (wrong.text[0])
        reason_set(failure, "verification: %s", wrong.text);
    return verdict;
}

static json_t *check_all(const struct trial *t, bool whole, struct reason *failure)
{
    struct check c = {
        .trial = t,
        .whole = whole,
        .archived = strcmp(t->after, "archive") == 0,
    };
    json_t *verdict = NULL;
    PGconn *pg = NULL;

    if (begin(&c) < 0)
        reason_set(failure, "out of memory");
    else if (database_open(t->conninfo, &pg, failure) == 0 &&
             check_documents(&c, pg, failure) == 0 && check_jobs(&c, pg, failure) == 0) {
        check_folders(&c);
        verdict = conclude(&c, failure);
    }
    database_close(pg);
    free(c.contents);
    free(c.n_jobs);
    return verdict;
}

json_t *verify_trial(const struct trial *t, struct reason *failure)
{
    return check_all(t, !t->options->attach, failure);
}

/* A line a fact, then a line a file: its number, its content's number, bytes,
 * hash. */
int verify_keep(const struct trial *t, struct reason *why)
{
    const struct manifest *m = &t->manifest;
    char path[PATH_MAX + 32];
    FILE *file;
    int r;

    (void)snprintf(path, sizeof(path), "%s/" VERIFY_MANIFEST, t->service.folder);
    file = fopen(path, "we");
    if (file) {
        (void)fprintf(file, "database %s\nafter %s\nprefix %s\nrows %llu\n", t->place->database,
                      t->after, t->prefix, (unsigned long long)atomic_load(&m->n_rows));
        for (uint64_t i = 0; i < atomic_load(&m->n_rows); i++) {
            if (m->rows[i].due_usec == 0)
                continue;
            (void)fprintf(file, "%llu %llu %llu ", (unsigned long long)i,
                          (unsigned long long)m->rows[i].content,
                          (unsigned long long)m->rows[i].n_bytes);
            for (size_t k = 0; k < 32; k++)
                (void)fprintf(file, "%02x", m->rows[i].sha256[k]);
            (void)fputc('\n', file);
        }
    }
    r = !file || ferror(file);
    if (file && fclose(file) != 0)
        r = 1;
    if (r)
        reason_set(why, "%s: %s", path, strerror(errno));
    return r;
}

static int read_rows(FILE *file, struct manifest *m)
{
    unsigned long long i, content, bytes;
    char hex[65];

    while (fscanf(file, "%llu %llu %llu %64s", &i, &content, &bytes, hex) == 4) {
        if (i >= m->max_rows || !parse_hash(hex, m->rows[i].sha256))
            return 1;
        m->rows[i].due_usec = 1;
        m->rows[i].content = content;
        m->rows[i].n_bytes = bytes;
        manifest_dropped(m, i, 1);
    }
    return !feof(file);
}

int verify_read(const char *folder, struct trial *t, char database[64], struct reason *why)
{
    unsigned long long n_rows;
    char path[PATH_MAX + 32];
    FILE *file;
    int r;

    (void)snprintf(path, sizeof(path), "%s/" VERIFY_MANIFEST, folder);
    file = fopen(path, "re");
    if (!file) {
        reason_set(why, "%s: %s", path, strerror(errno));
        return 1;
    }
    r = fscanf(file, "database %63s\nafter %15s\nprefix %63s\nrows %llu\n", database, t->after,
               t->prefix, &n_rows) != 4 ||
        manifest_init(&t->manifest, n_rows) < 0 || read_rows(file, &t->manifest) != 0;
    (void)fclose(file);
    if (r)
        reason_set(why, "%s: no list of documents", path);
    (void)snprintf(t->collection, sizeof(t->collection), "default");
    (void)snprintf(t->inbox, sizeof(t->inbox), "%.*s/service/inbox", PATH_MAX - 32, folder);
    (void)snprintf(t->archive, sizeof(t->archive), "%.*s/service/archive", PATH_MAX - 32, folder);
    return r;
}

json_t *verify_kept(const struct trial *t, struct reason *failure)
{
    return check_all(t, true, failure);
}
