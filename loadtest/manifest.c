/* manifest.c - see manifest.h. */
#include "manifest.h"

#include <string.h>
#include <sys/mman.h>

#define LATE_USEC 10000

int manifest_init(struct manifest *m, uint64_t max_rows)
{
    void *rows = mmap(NULL, max_rows * sizeof(*m->rows), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (rows == MAP_FAILED)
        return -errno;
    *m = (struct manifest){.rows = rows, .max_rows = max_rows};
    return 0;
}

void manifest_done(struct manifest *m)
{
    if (m->rows)
        (void)munmap(m->rows, m->max_rows * sizeof(*m->rows));
    m->rows = NULL;
}

static void raise_to(_Atomic uint64_t *max, uint64_t value)
{
    uint64_t seen = atomic_load(max);

    while (value > seen && !atomic_compare_exchange_weak(max, &seen, value))
        ;
}

void manifest_dropped(struct manifest *m, uint64_t i, uint64_t now_usec)
{
    const struct manifest_row *row = &m->rows[i];
    uint64_t late_usec = now_usec > row->due_usec ? now_usec - row->due_usec : 0;

    raise_to(&m->n_rows, i + 1);
    raise_to(&m->max_late_usec, late_usec);
    if (late_usec > LATE_USEC)
        atomic_fetch_add(&m->n_late, 1);
    atomic_fetch_add(&m->n_bytes, row->n_bytes);
    if (row->content == i)
        atomic_fetch_add(&m->n_contents, 1);
    atomic_fetch_add(&m->n_dropped, 1);
}

int64_t manifest_found(struct manifest *m, uint64_t i, uint64_t now_usec)
{
    struct manifest_row *row = i < m->max_rows ? &m->rows[i] : NULL;
    uint64_t none = 0;

    if (!row || row->due_usec == 0 ||
        !atomic_compare_exchange_strong(&row->found_usec, &none, now_usec))
        return -1;
    atomic_fetch_add(&m->n_found, 1);
    raise_to(&m->last_found_usec, now_usec);
    return now_usec > row->due_usec ? (int64_t)(now_usec - row->due_usec) : 0;
}
