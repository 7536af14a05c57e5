/* facts.c - collects what documents say about themselves, and writes it under the stable names of
 * the table below.
 *
 * A value is kept up to the size that the metadata takes; several of them are joined by "; ", as
 * names hold commas, and keywords by ", ".
 */
#include "extract/facts.h"

#include "base/utf8.h"
#include "extract/date.h"

#include <string.h>
#include <strings.h>

static void write_title(struct document *d, const char *key, const char *text, size_t n)
{
    (void)key;
    result_title(d, text, n);
}

/* The first of several. */
static void write_language(struct document *d, const char *key, const char *text, size_t n)
{
    size_t length = 0;

    (void)key;
    while (length < n && text[length] != ',' && text[length] != ';')
        length++;
    result_language(d, text, length);
}

static const struct {
    const char *key;
    const char *between; /* several values; NULL: the first counts */
    void (*write)(struct document *d, const char *key, const char *text, size_t n);
} facts[N_FACTS] = {
    [FACT_TITLE] = {"", NULL, write_title},
    [FACT_LANGUAGE] = {"", NULL, write_language},
    [FACT_CREATOR] = {"creator", "; ", result_meta_str},
    [FACT_CONTRIBUTOR] = {"contributor", "; ", result_meta_str},
    [FACT_LAST_MODIFIED_BY] = {"last_modified_by", NULL, result_meta_str},
    [FACT_CREATED] = {"created", NULL, result_meta_iso_date},
    [FACT_MODIFIED] = {"modified", NULL, result_meta_iso_date},
    [FACT_SUBJECT] = {"subject", "; ", result_meta_str},
    [FACT_KEYWORDS] = {"keywords", ", ", result_meta_str},
    [FACT_DESCRIPTION] = {"description", NULL, result_meta_str},
    [FACT_PUBLISHER] = {"publisher", "; ", result_meta_str},
    [FACT_PRODUCER] = {"producer", NULL, result_meta_str},
    [FACT_IDENTIFIER] = {"identifier", "; ", result_meta_str},
    [FACT_RIGHTS] = {"rights", "; ", result_meta_str},
    [FACT_CANONICAL] = {"canonical", NULL, result_meta_str},
};

/* One of the values that are joined so far is this one. */
static bool has_value(const struct buf *all, const char *between, const char *text, size_t n)
{
    size_t gap = strlen(between);
    const char *at = all->data, *end = at + all->size, *found;

    while ((found = memmem(at, (size_t)(end - at), text, n))) {
        if ((found == all->data ||
             (found - all->data >= (ptrdiff_t)gap && memcmp(found - gap, between, gap) == 0)) &&
            (found + n == end ||
             memcmp(found + n, between, MIN(gap, (size_t)(end - found) - n)) == 0))
            return true;
        at = found + 1;
    }
    return false;
}

/* On one line: values are often broken as the document's text is. */
static void add_collapsed(struct buf *to, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_space(text[i]))
            buf_add_char(to, text[i]);
        else if (!is_space(text[i - 1])) /* it does not begin with one */
            buf_add_char(to, ' ');
    }
}

void facts_add(struct facts *f, enum fact fact, unsigned rank, const char *text, size_t n)
{
    struct buf *all = &f->texts[fact], value = BUF_INIT;
    const char *between = facts[fact].between;
    bool is_better = rank < f->ranks[fact];

    trim(&text, &n);
    if (n == 0 || (all->size > 0 && !is_better &&
                   (!between || rank > f->ranks[fact] || all->size > MAX_VALUE_BYTES)))
        return;
    add_collapsed(&value, text, utf8_cut(text, n, MIN(n, (size_t)2 * MAX_VALUE_BYTES)));
    if (is_better)
        buf_clear(all);
    if (all->size == 0 || !has_value(all, between, buf_text(&value), value.size)) {
        if (all->size > 0)
            buf_add_str(all, between);
        buf_add(all, buf_text(&value), value.size);
    }
    f->ranks[fact] = rank;
    if (buf_error(&value))
        all->failed = -ENOMEM;
    buf_done(&value);
}

const struct fact_name *facts_find(const struct fact_name *names, size_t n_names, const char *name)
{
    for (size_t i = 0; i < n_names; i++) {
        if (strcasecmp(names[i].name, name) == 0)
            return &names[i];
    }
    return NULL;
}

void facts_write(struct facts *f, struct document *d)
{
    for (size_t i = 0; i < N_FACTS; i++) {
        if (buf_error(&f->texts[i]))
            result_out_of_memory(d);
        if (f->texts[i].size > 0)
            facts[i].write(d, facts[i].key, f->texts[i].data, f->texts[i].size);
    }
    facts_done(f);
}

void facts_done(struct facts *f)
{
    for (size_t i = 0; i < N_FACTS; i++)
        buf_done(&f->texts[i]);
}
