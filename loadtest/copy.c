/* copy.c - the floor: how fast the server itself takes ready-made rows, by COPY
 * over one or more connections. bare has no search; gin makes the vectors in
 * the server (a generated column) and has an index on them; ready gets the
 * vectors ready-made and has the same index. Reading, hashing and decoding the
 * files is not in it. */
#include "peer.h"

#include "loadtest_sql.h"
#include "stop.h"

#include "base/clock.h"
#include "base/fd.h"
#include "process.h"

#include <fcntl.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define BLOCK_BYTES   (256 << 10)
#define HEADER_BYTES  19 /* of COPY's binary format: signature, flags, length of the extension */
#define TRAILER_BYTES 2

const char *const copy_variant_names[COPY_N_VARIANTS] = {"bare", "gin", "ready"};

static const struct variant {
    const char *create, *copy;
    bool ready;
} variants[COPY_N_VARIANTS] = {
    {sql_floor_bare, sql_floor_copy, false},
    {sql_floor_gin, sql_floor_copy, false},
    {sql_floor_ready, sql_floor_copy_ready, true},
};

static const char header[HEADER_BYTES] = "PGCOPY\n\377\r\n";
static const char trailer[TRAILER_BYTES] = "\377\377";

/* One connection's work. */
struct lane {
    PGconn *pg;
    const struct variant *variant;
    const struct copy_data *data;
    unsigned number, n_lanes;
    struct reason why;
    int result;
    pthread_t thread;
};

/* Making the files. */

static void add_escaped(struct buf *out, const struct buf *text)
{
    static const struct escape {
        char c, letter;
    } escapes[] = {{'\\', '\\'}, {'\n', 'n'}, {'\t', 't'}, {'\r', 'r'}};

    for (size_t i = 0; i < text->size; i++) {
        char letter = 0;

        for (size_t k = 0; k < ARRAY_SIZE(escapes); k++)
            if (escapes[k].c == text->data[i])
                letter = escapes[k].letter;
        if (letter)
            buf_add_char(out, '\\');
        buf_add_char(out, letter ? letter : text->data[i]);
    }
}

static int write_row(int fd, uint64_t i, const struct corpus_document *document, struct buf *text,
                     struct buf *row)
{
    unsigned char hash[SHA256_DIGEST_LENGTH];

    (void)SHA256((const unsigned char *)buf_text(&document->bytes), document->bytes.size, hash);
    peer_text(&document->bytes, text);
    buf_clear(row);
    buf_printf(row, "%08llu.%s\t\\\\x", (unsigned long long)i, document->extension);
    buf_add_hex(row, hash, sizeof(hash));
    buf_add_char(row, '\t');
    add_escaped(row, text);
    buf_add_char(row, '\n');
    return buf_error(row) < 0 ? buf_error(row) : fd_write_all(fd, row->data, row->size);
}

static int write_part(const struct corpus *c, uint64_t n, unsigned part, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    struct corpus_document document = {BUF_INIT};
    struct buf text = BUF_INIT, row = BUF_INIT;
    int r = fd < 0 ? -errno : 0;

    for (uint64_t i = part; i < n && r == 0 && !stop_requested(); i += COPY_PARTS) {
        r = corpus_make(c, i, &document);
        if (r == 0 && document.content == i) /* copies would break the unique hash */
            r = write_row(fd, i, &document, &text, &row);
    }
    (void)fd_close(fd);
    buf_done(&document.bytes);
    buf_done(&text);
    buf_done(&row);
    return r;
}

/* What COPY writes, without header and trailer, so that parts can be put
 * together. */
static int export_part(PGconn *pg, const char *path, struct reason *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), n, r = fd < 0 ? 1 : 0;
    off_t size = -HEADER_BYTES;
    PGresult *result = PQexec(pg, sql_floor_export);
    char *row = NULL;

    if (PQresultStatus(result) != PGRES_COPY_OUT)
        r = 1;
    while (r == 0 && (n = PQgetCopyData(pg, &row, 0)) > 0) {
        size_t skip = size < 0 ? HEADER_BYTES : 0;

        r = (size_t)n < skip || fd_write_all(fd, row + skip, (size_t)n - skip) < 0;
        size += n;
        PQfreemem(row);
    }
    if (r == 0)
        r = ftruncate(fd, MAX(size - TRAILER_BYTES, (off_t)0)) < 0;
    if (r != 0)
        reason_set(why, "%s: the rows cannot be exported: %s", path, PQerrorMessage(pg));
    PQclear(result);
    while ((result = PQgetResult(pg)))
        PQclear(result);
    (void)fd_close(fd);
    return r;
}

static int export_ready(struct place *place, const struct copy_data *data, struct reason *why)
{
    PGconn *pg = NULL;
    int r = place_connect(place, &pg, why);

    for (unsigned part = 0; part < COPY_PARTS && r == 0; part++) {
        char text[12];
        const char *value = text;

        (void)snprintf(text, sizeof(text), "%u", part);
        r = database_query(pg, sql_floor_part, 1, &value, NULL, why);
        if (r == 0)
            r = export_part(pg, data->ready[part], why);
    }
    database_close(pg);
    return r;
}

/* Loading. */

static int put(struct lane *l, const char *bytes, size_t n)
{
    return n == 0 || PQputCopyData(l->pg, bytes, (int)n) == 1 ? 0 : 1;
}

static int put_file(struct lane *l, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), r = fd < 0;
    char *block = malloc(BLOCK_BYTES);
    ssize_t n = 0;

    while (r == 0 && block && !stop_requested() && (n = read(fd, block, BLOCK_BYTES)) > 0)
        r = put(l, block, (size_t)n);
    (void)fd_close(fd);
    free(block);
    return r != 0 || n < 0 || !block || stop_requested();
}

static void *load(void *data)
{
    struct lane *l = data;
    bool ready = l->variant->ready;
    PGresult *result = PQexec(l->pg, l->variant->copy);

    l->result = PQresultStatus(result) != PGRES_COPY_IN;
    PQclear(result);
    if (l->result == 0 && ready)
        l->result = put(l, header, sizeof(header));
    for (unsigned part = l->number; part < COPY_PARTS && l->result == 0; part += l->n_lanes)
        l->result = put_file(l, ready ? l->data->ready[part] : l->data->text[part]);
    if (l->result == 0 && ready)
        l->result = put(l, trailer, sizeof(trailer));
    if (PQputCopyEnd(l->pg, l->result ? "given up" : NULL) != 1)
        l->result = 1;
    while ((result = PQgetResult(l->pg))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            l->result = 1;
        PQclear(result);
    }
    if (l->result)
        reason_set(&l->why, "copy: %s", PQerrorMessage(l->pg));
    return NULL;
}

static int open_lanes(struct place *place, struct lane *lanes, unsigned n, struct reason *why)
{
    int r = 0;

    for (unsigned i = 0; i < n && r == 0; i++)
        r = place_connect(place, &lanes[i].pg, why);
    return r;
}

static int run_lanes(struct lane *lanes, unsigned n, struct reason *why)
{
    unsigned started = 0;
    int r = 0;

    while (started < n && pthread_create(&lanes[started].thread, NULL, load, &lanes[started]) == 0)
        started++;
    if (started < n) {
        reason_set(why, "no thread for a connection");
        r = 1;
    }
    for (unsigned i = 0; i < started; i++) {
        (void)pthread_join(lanes[i].thread, NULL);
        if (lanes[i].result) {
            reason_set(why, "%s", stop_requested() ? "interrupted" : lanes[i].why.text);
            r = 1;
        }
    }
    return r;
}

/* Processor time of the server and of this process. */
static double cpu_now(PGconn *pg)
{
    struct reason unused;
    PGresult *rows = NULL;
    struct rusage u;
    pid_t postmaster = 0;

    if (database_query(pg, sql_server, 0, NULL, &rows, &unused) == 0)
        postmaster = process_postmaster((pid_t)database_int(rows, 0, 8), database_text(rows, 0, 9));
    PQclear(rows);
    (void)getrusage(RUSAGE_SELF, &u);
    return (postmaster > 0 ? process_postgres_cpu(postmaster) : 0) +
           (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int load_table(struct place *place, const struct copy_data *data,
                      const struct variant *variant, unsigned n, struct peer_figures *ret,
                      struct reason *why)
{
    struct lane lanes[COPY_PARTS] = {0};
    PGresult *rows = NULL;
    PGconn *pg = NULL;
    uint64_t start;
    double cpu;
    int r = place_connect(place, &pg, why);

    for (unsigned i = 0; i < n; i++)
        lanes[i] = (struct lane){.variant = variant, .data = data, .number = i, .n_lanes = n};
    if (r == 0)
        r = database_script(pg, variant->create, why) || open_lanes(place, lanes, n, why);
    if (r == 0) {
        cpu = cpu_now(pg);
        start = clock_now_usec();
        r = run_lanes(lanes, n, why);
        ret->seconds = (double)(clock_now_usec() - start) / 1e6;
        ret->cpu_seconds = cpu_now(pg) - cpu;
    }
    if (r == 0)
        r = database_query(pg, sql_floor_count, 0, NULL, &rows, why);
    if (r == 0)
        ret->n_rows = (uint64_t)database_int(rows, 0, 0);
    PQclear(rows);
    for (unsigned i = 0; i < n; i++)
        database_close(lanes[i].pg);
    database_close(pg);
    return r;
}

static int with_database(struct place *place, const struct copy_data *data,
                         enum copy_variant variant, unsigned n, bool export,
                         struct peer_figures *ret, struct reason *why)
{
    struct reason late;
    int r = place_database_new(place, why);

    *ret = (struct peer_figures){0};
    if (r == 0)
        r = load_table(place, data, &variants[variant], n, ret, why);
    if (r == 0 && export)
        r = export_ready(place, data, why);
    if (place_database_drop(place, &late) != 0 && r == 0) {
        reason_set(why, "%s", late.text);
        r = 1;
    }
    return r;
}

int copy_prepare(struct place *place, const struct corpus *corpus, uint64_t n_documents,
                 struct copy_data *ret, struct reason *why)
{
    struct peer_figures unused;
    int r = 0;

    for (unsigned part = 0; part < COPY_PARTS && r == 0; part++) {
        (void)snprintf(ret->text[part], PATH_MAX, "%.*s/copy-%u", PATH_MAX - 32, place->folder,
                       part);
        (void)snprintf(ret->ready[part], PATH_MAX, "%.*s/ready-%u", PATH_MAX - 32, place->folder,
                       part);
        r = write_part(corpus, n_documents, part, ret->text[part]);
        if (r < 0)
            reason_set(why, "%s: %s", ret->text[part], strerror(-r));
    }
    if (r == 0 && stop_requested()) {
        reason_set(why, "interrupted");
        r = 1;
    }
    return r != 0 || with_database(place, ret, COPY_GIN, COPY_PARTS, true, &unused, why);
}

int copy_run(struct place *place, const struct copy_data *data, enum copy_variant variant,
             unsigned n_connections, struct peer_figures *ret, struct reason *why)
{
    return with_database(place, data, variant, n_connections, false, ret, why);
}
