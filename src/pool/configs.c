/* configs.c - which text search configuration a document gets, by its language, and which are in use:
 * penstock.search() must look under a configuration from its first document on.
 *
 * So the transaction that brings the first one enters the name as well, before anything else, and by
 * name: two transactions that do so wait for each other, but never in a circle. What a commit has
 * entered this process does not enter again until the database was away (health.c); that somebody else has
 * changes nothing.
 */
#include "pool/batch.h"

#include <stdlib.h>
#include <string.h>

unsigned pool_text_config(const struct pool *p, struct bytes language)
{
    return dictionaries_pick(&p->dictionaries, language.at, language.n);
}

const char *pool_text_config_name(const struct pool *p, struct bytes language)
{
    return p->dictionaries.configs[pool_text_config(p, language)].name;
}

uint64_t configs_new(const struct batch *b)
{
    const struct pool *p = b->work.pool;
    uint64_t configs = 0;

    for (size_t i = 0; i < b->n; i++) {
        const struct result *r = b->list[i];

        configs |= UINT64_C(1) << pool_text_config(p, r->m.language);
        for (size_t k = 0; k < r->parts.n; k++)
            configs |= UINT64_C(1) << pool_text_config(p, r->parts.list[k]->m.language);
    }
    return configs & ~p->configs_in_use;
}
_Static_assert(LANGUAGES_MAX_CONFIGS <= 64, "a bit each");

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void configs_add(struct params *params, const struct batch *b)
{
    const struct pool *p = b->work.pool;
    const char *names[LANGUAGES_MAX_CONFIGS];
    size_t n = 0;

    for (size_t i = 0; i < LANGUAGES_MAX_CONFIGS; i++)
        if (b->configs >> i & 1)
            names[n++] = p->dictionaries.configs[i].name;
    qsort(names, n, sizeof(*names), by_name);
    params_add_array(params, PARAM_TEXT, n);
    for (size_t i = 0; i < n; i++)
        params_element(params, names[i], strlen(names[i]));
}
