/* drafts.c - before a batch is stored: the words that workers have left open in its search vectors
 * are looked up, all of them in one request, and the vectors completed (search/draft.h).
 *
 * Where that comes to nothing, because the database does not answer as it should or a draft is not
 * what a worker of ours makes, there is no vector, and store_documents.sql makes it.
 */
#include "pool/batch.h"
#include "search/draft.h"
#include "store/lesson.h"

/* That are asked at once; the database makes the vectors of the documents behind them. */
#define MAX_WORDS 500000

/* What a worker made of the vector of one document in this language, and where that is to go. */
struct drafted {
    struct bytes language, draft;
    struct vector_state *search;
};

/* Calls `visit` for all documents of a batch whose vector is not done: those of files that bring a
 * content, and those inside them. */
static void visit_open(struct batch *b,
                       void (*visit)(struct pool *p, struct lesson *l, struct drafted d),
                       struct lesson *l)
{
    struct pool *p = b->work.pool;

    for (size_t i = 0; i < b->n; i++) {
        struct result *r = b->list[i];

        if (!r->first)
            continue;
        if (!r->search.done)
            visit(p, l, (struct drafted){r->m.language, r->m.draft, &r->search});
        for (size_t k = 0; k < r->parts.n; k++) {
            struct part *part = r->parts.list[k];

            if (!part->search.done)
                visit(p, l, (struct drafted){part->m.language, part->m.draft, &part->search});
        }
    }
}

/* Opens it when it was made under the configuration that the document gets. */
static int open_draft(const struct pool *p, const struct drafted *d, const char **ret_vector,
                      size_t *ret_size, struct draft_reader *ret)
{
    int r = draft_open(d->draft.at, d->draft.n, ret_vector, ret_size, ret);

    unsigned config = pool_text_config(p, d->language);

    if (r == 0 && (ret->config != config || p->dictionaries.configs[config].state != CONFIG_KNOWN))
        r = -EPROTO;
    return r;
}

static int add_words(struct pool *p, struct lesson *l, struct drafted d)
{
    struct draft_reader reader;
    struct draft_word word;
    const char *vector;
    size_t n;
    int e = open_draft(p, &d, &vector, &n, &reader);

    while (e == 0) {
        e = draft_next(&reader, &word);
        if (e == 0 && p->dictionaries.chains[word.question.chain].n == 0)
            e = -EPROTO;
        if (e == 0)
            e = lesson_add(l, p->lexicon, &word.question);
    }
    return e < 0 ? e : 0;
}

/* Takes a vector as it is, when no word of it is open. */
static bool take_whole(const struct pool *p, struct drafted d)
{
    struct draft_reader reader;
    const char *vector;
    size_t n;

    if (open_draft(p, &d, &vector, &n, &reader) < 0 || reader.n > 0)
        return false;
    d.search->vector = (struct bytes){.at = vector, .n = n};
    return true;
}

static void ask_for(struct pool *p, struct lesson *l, struct drafted d)
{
    size_t before = l->n;

    d.search->done = d.draft.n == 0 || take_whole(p, d) || !p->lexicon || l->n > MAX_WORDS;
    if (!d.search->done && add_words(p, l, d) < 0) {
        l->n = before;
        d.search->done = true;
    }
}

static void complete(struct pool *p, struct lesson *l, struct drafted d)
{
    struct buf *completed = &d.search->completed;

    (void)l;
    if (!take_whole(p, d) && p->lexicon &&
        draft_complete(d.draft.at, d.draft.n, p->lexicon, completed) == 0)
        d.search->vector = (struct bytes){.at = completed->data, .n = completed->size};
    d.search->done = true;
}

bool drafts_missing(struct batch *b, struct lesson *l)
{
    visit_open(b, ask_for, l);
    return l->n > 0;
}

void drafts_complete(struct batch *b)
{
    visit_open(b, complete, NULL);
}
