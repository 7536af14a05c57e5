/* parts.c - documents inside documents, kept per worker until the RESULT of the file comes: then all
 * of them go into one transaction with it, or none does.
 *
 * What a worker says is not believed: parts that do not form a tree, or are more than a worker of
 * ours sends, end that worker.
 */
#include "pool/batch.h"

#include "base/failpoint.h"

#include <stdlib.h>
#include <string.h>

/* Above what the limits of a file let through (src/extract/part.c: texts of 64 MB, one more body a
 * level, and the vectors of all of them). */
#define MAX_BYTES (768u << 20)

static void free_part(struct part *part)
{
    (void)frame_unref(part->frame);
    buf_done(&part->search.completed);
    free(part);
}

void parts_free(struct part_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        free_part(l->list[i]);
    free(l->list);
    *l = (struct part_list){0};
}

static bool make_room(struct part_list *l)
{
    size_t room = l->room ? 2 * l->room : 16;
    struct part **list;

    if (l->n < l->room)
        return true;
    list = realloc(l->list, room * sizeof(struct part *));
    if (!list)
        return false;
    l->list = list;
    l->room = room;
    return true;
}

bool parts_add(struct worker_link *w, const struct message_part *m, struct frame *frame)
{
    struct part_list *l = &w->parts;
    struct part *part;

    if (l->n > 0 && l->list[0]->m.token != m->token)
        parts_free(l); /* of a document that came to nothing */
    if (m->sha256.n != 32 || m->path.n == 0 || m->number <= m->parent || m->ordinal == 0 ||
        m->ordinal > INT32_MAX || l->bytes + frame->size > MAX_BYTES)
        return false;
    if (FAIL_AT(PART) < 0 || !make_room(l))
        return false;
    part = calloc(1, sizeof(*part));
    if (!part)
        return false;
    part->frame = frame_ref(frame);
    part->m = *m;
    l->list[l->n++] = part;
    l->bytes += frame->size;
    return true;
}

static int by_number(const void *a, const void *b)
{
    const struct part *x = *(struct part *const *)a, *y = *(struct part *const *)b;

    return x->m.number < y->m.number ? -1 : x->m.number > y->m.number;
}

static int compare_number(const void *key, const void *element)
{
    uint64_t number = *(const uint64_t *)key;
    const struct part *part = *(struct part *const *)element;

    return number < part->m.number ? -1 : number > part->m.number;
}

/* Sorted, each with its parent, which comes before it. */
static bool is_tree(struct part_list *l)
{
    qsort(l->list, l->n, sizeof(struct part *), by_number);
    for (size_t i = 0; i < l->n; i++) {
        struct part *part = l->list[i];
        struct part *const *parent = NULL;

        if (i > 0 && part->m.number == l->list[i - 1]->m.number)
            return false;
        if (part->m.parent != 0) {
            parent = bsearch(&part->m.parent, l->list, i, sizeof(struct part *), compare_number);
            if (!parent)
                return false;
            part->parent = *parent;
        }
        part->depth = parent ? (*parent)->depth + 1 : 1;
        if (part->depth > PARTS_MAX_DEPTH)
            return false;
    }
    return true;
}

bool parts_take(struct worker_link *w, uint64_t token, uint64_t n, struct part_list *ret)
{
    struct part_list *l = &w->parts;

    if (l->n > 0 && l->list[0]->m.token != token)
        parts_free(l);
    if (l->n != n || (n > 0 && !is_tree(l)))
        return false;
    *ret = *l;
    *l = (struct part_list){0};
    return true;
}
