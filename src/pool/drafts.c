/* drafts.c - before a batch is stored: the words that workers have left open in its search vectors
 * are looked up, all of them in one request, and the vectors completed (search/draft.h).
 *
 * Where that comes to nothing, because the database does not answer as it should or a draft is not
 * what a worker of ours makes, there is no vector, and store_documents.sql makes it.
 */
#include "pool/batch.h"
#include "search/draft.h"
#include "store/lesson.h"

static bool is_open(const struct result *r)
{
    return r->first && !r->vector_done;
}

static int add_words(struct pool *p, struct lesson *l, const struct result *r)
{
    struct draft_reader reader;
    struct draft_word word;
    const char *vector;
    size_t n;
    int e = draft_open(r->m.draft.at, r->m.draft.n, &vector, &n, &reader);

    while (e == 0) {
        e = draft_next(&reader, &word);
        if (e == 0 && p->dictionaries.chains[word.question.chain].n == 0)
            e = -EPROTO;
        if (e == 0)
            e = lesson_add(l, p->lexicon, &word.question);
    }
    return e < 0 ? e : 0;
}

/* Takes the vector of a result as it is, when no word of it is open. */
static bool take_whole(struct result *r)
{
    struct draft_reader reader;
    const char *vector;
    size_t n;

    if (draft_open(r->m.draft.at, r->m.draft.n, &vector, &n, &reader) < 0 || reader.n > 0)
        return false;
    r->vector = (struct bytes){.at = vector, .n = n};
    return true;
}

static void complete(struct pool *p, struct result *r)
{
    if (!take_whole(r) && p->lexicon &&
        draft_complete(r->m.draft.at, r->m.draft.n, p->lexicon, &r->completed) == 0)
        r->vector = (struct bytes){.at = r->completed.data, .n = r->completed.size};
    r->vector_done = true;
}

bool drafts_missing(struct batch *b, struct lesson *l)
{
    struct pool *p = b->work.pool;

    for (size_t i = 0; i < b->n; i++) {
        struct result *r = b->list[i];
        size_t before = l->n;

        if (!is_open(r))
            continue;
        r->vector_done = r->m.draft.n == 0 || take_whole(r) || !p->lexicon;
        if (!r->vector_done && add_words(p, l, r) < 0) {
            l->n = before;
            r->vector_done = true;
        }
    }
    return l->n > 0;
}

void drafts_complete(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++)
        if (is_open(b->list[i]))
            complete(b->work.pool, b->list[i]);
}
