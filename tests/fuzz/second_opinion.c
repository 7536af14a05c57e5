/* second_opinion.c - see second_opinion.h. Apart from the rest because jansson and base/json.h use
 * the same names; for that reason these programs hide what comes from our base library from the
 * shared ones (meson.build). */
#include "second_opinion.h"

#include <jansson.h>

struct metadata_facts read_metadata(const char *text, size_t size)
{
    json_t *all = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    struct metadata_facts facts = {0};

    REQUIRE(json_is_object(all));
    facts.n_keys = json_object_size(all);
    facts.truncated = json_is_true(json_object_get(all, "truncated"));
    facts.converted = json_object_get(all, "encoding") || json_object_get(all, "replaced_bytes");
    json_decref(all);
    return facts;
}

bool is_valid_json(const char *text, size_t size)
{
    json_t *value = json_loadb(text, size, JSON_DECODE_ANY, NULL);

    json_decref(value);
    return value != NULL;
}
