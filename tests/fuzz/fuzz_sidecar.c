/* fuzz_sidecar.c - any bytes as a sidecar. What is taken is bounded, and makes metadata that jsonb
 * takes; what is refused is refused with a reason; what is taken is JSON for jansson, too. */
#include "second_opinion.h"

#include "base/json.h"
#include "base/tag.h"
#include "base/utf8.h"
#include "extract/sidecar.h"

static void check_tags(const char *json, size_t n)
{
    char tag[TAG_MAX_BYTES + 1], copy[TAG_MAX_BYTES + 1];
    const char *at = json, *end = json + n;

    while ((at = memchr(at, '"', (size_t)(end - at)))) {
        const char *close = memchr(at + 1, '"', (size_t)(end - at) - 1);

        REQUIRE(close && close - at - 1 <= TAG_MAX_BYTES && close - at > 1);
        memcpy(copy, at + 1, (size_t)(close - at) - 1);
        copy[close - at - 1] = '\0';
        REQUIRE(tag_normalise(copy, strlen(copy), tag) == 0);
        REQUIRE(strcmp(tag, copy) == 0);
        at = close + 1;
    }
}

/* jansson has no whole numbers beyond 64 bits; jsonb has. */
static bool has_long_number(const struct buf *json)
{
    size_t digits = 0;

    for (size_t i = 0; i < json->size && digits <= 18; i++)
        digits = json->data[i] >= '0' && json->data[i] <= '9' ? digits + 1 : 0;
    return digits > 18;
}

/* As it stands in a document's metadata. */
static void check_metadata(const struct sidecar *s)
{
    CLEANUP(buf_done) struct buf all = BUF_INIT;
    struct json j = json_begin(&all);
    struct metadata_facts facts;

    json_object_open(&j, NULL);
    for (size_t i = 0; i < s->n_members; i++) {
        const struct sidecar_member *m = &s->members[i];

        json_raw(&j, m->key, s->values.data + m->at, m->n);
        if (strcmp(m->key, "tags") == 0)
            check_tags(s->values.data + m->at, m->n);
    }
    json_object_close(&j);
    REQUIRE(buf_error(&all) == 0);
    if (has_long_number(&all))
        return;
    facts = read_metadata(buf_text(&all), all.size);
    REQUIRE(facts.n_keys == s->n_members && !facts.truncated);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sidecar s;
    struct reason why = {""};
    char *copy = fuzz_copy(data, size);
    int r = sidecar_read(&s, copy, size, &why);

    REQUIRE(r == 0 || (r == SIDECAR_WRONG && why.text[0]));
    REQUIRE(utf8_valid_prefix(why.text, strlen(why.text)) == strlen(why.text));
    if (r == 0) {
        REQUIRE(size <= SIDECAR_MAX_BYTES && s.values.size <= SIDECAR_MAX_VALUES_BYTES);
        REQUIRE(utf8_valid_prefix(buf_text(&s.title), s.title.size) == s.title.size);
        REQUIRE(utf8_valid_prefix(s.external_id, sizeof(s.external_id)) == strlen(s.external_id));
        check_metadata(&s);
    }
    free(copy);
    return 0;
}
