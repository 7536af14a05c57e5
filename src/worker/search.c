/* search.c - the search vector of a document's text.
 *
 * A few words that the lexicon lacks are left open: the pool fills them in. Only what must be known
 * at once is asked for, in few rounds: pages of characters, words that perhaps no dictionary knows,
 * and all words when there are many. The pool may have replaced a full lexicon meanwhile; then all
 * begins anew with the next one. When the answer cannot be had the vector is left to the database.
 *
 * The text search configuration is that of the text's language, where the lexicon has it; the pool
 * comes to the same (store/dictionaries.h).
 */
#include "worker/worker.h"

#include "base/fd.h"
#include "search/draft.h"
#include "search/questions.h"

#include <string.h>

#define MAX_OPEN   2000
#define MAX_ROUNDS 8

int search_take_lexicon(struct search *s, int fd)
{
    struct lexicon *l;
    int r;

    if (!s->vector && !(s->vector = vector_new())) {
        (void)fd_close(fd);
        return -ENOMEM;
    }
    r = lexicon_open(fd, &l);
    if (r < 0)
        return r;
    s->next = lexicon_free(s->next);
    s->next = l;
    return 0;
}

/* Whether there was one. */
static bool use_next_lexicon(struct search *s)
{
    if (!s->next)
        return false;
    s->lexicon = lexicon_free(s->lexicon);
    s->lexicon = s->next;
    s->next = NULL;
    return true;
}

struct notes {
    struct buf *questions;
    bool must; /* one of them cannot stay open */
};

static void note_question(void *user, const struct vector_question *q)
{
    struct notes *notes = user;

    questions_add(notes->questions, q);
    notes->must |= !q->may_stay_open;
}

/* 0: the lexicon knows enough; 1: it will not; -ENOMEM. */
static int resolve(struct search *s, const char *text, size_t size, bool all, search_ask *ask,
                   void *user)
{
    vector_begin(s->vector, s->lexicon, s->config, text, size);
    for (int round = 0; round < MAX_ROUNDS; round++) {
        struct notes notes = {.questions = &s->questions};
        bool known;
        int n;

        buf_clear(&s->questions);
        n = vector_missing(s->vector, note_question, &notes);
        if (n < 0 || buf_error(&s->questions) < 0)
            return -ENOMEM;
        if (n == 0 || (!all && !notes.must && n <= MAX_OPEN))
            return 0;
        known = ask(user, &s->questions);
        if (use_next_lexicon(s))
            vector_begin(s->vector, s->lexicon, s->config, text, size);
        else if (!known)
            return 1;
    }
    return 1;
}

static void add_open(void *user, const struct vector_question *q, const uint16_t *positions,
                     size_t n)
{
    struct buf *open = user;

    draft_add_word(open, q, positions, n);
}

static int write_draft(struct search *s)
{
    int r;

    draft_begin(&s->draft, s->config);
    buf_clear(&s->questions); /* the open words, until the size of the vector is known */
    r = vector_build(s->vector, &s->draft, &s->extent, add_open, &s->questions);
    if (r < 0)
        return r;
    draft_end_vector(&s->draft);
    buf_add(&s->draft, s->questions.data, s->questions.size);
    return buf_error(&s->questions) < 0 || buf_error(&s->draft) < 0 ? -ENOMEM : 0;
}

static unsigned pick_config(const struct lexicon *l, const char *language)
{
    unsigned config = languages_config(language, strlen(language));

    return lexicon_config(l, config) == CONFIG_ABSENT ? 0 : config;
}

int search_make_vector(struct search *s, const char *language, const char *text, size_t size,
                       search_ask *ask, void *user)
{
    int r;

    buf_clear(&s->draft);
    s->extent = VECTOR_WHOLE;
    (void)use_next_lexicon(s);
    if (!s->lexicon)
        return 0;
    s->config = pick_config(s->lexicon, language);
    if (lexicon_config(s->lexicon, s->config) != CONFIG_KNOWN)
        return 0;
    r = resolve(s, text, size, false, ask, user);
    if (r == 0)
        r = write_draft(s);
    if (r == -EFBIG) { /* it is to be shortened, so all of it must be known */
        r = resolve(s, text, size, true, ask, user);
        if (r == 0)
            r = write_draft(s);
    }
    if (r != 0)
        buf_clear(&s->draft);
    return r < 0 ? r : 0;
}
