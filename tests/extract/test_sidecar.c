/* test_sidecar.c - what a sidecar says is taken as it is meant, or refused by name; and it has the
 * last word on what a document says of itself. */
#include "support.h"

static struct sidecar sidecar;

static int read_it(const char *text, struct reason *why)
{
    *why = (struct reason){""};
    return sidecar_read(&sidecar, text, strlen(text), why);
}

static void take(const char *text)
{
    struct reason why;

    if (read_it(text, &why) != 0)
        fail_msg("%s: %s", text, why.text);
}

static void assert_refused(const char *text, const char *reason)
{
    struct reason why;

    assert_int_equal(read_it(text, &why), SIDECAR_WRONG);
    if (!strstr(why.text, reason))
        fail_msg("%s: \"%s\" lacks \"%s\"", text, why.text, reason);
}

/* The members as one object. */
static json_t *members(void)
{
    json_t *all = json_object();

    for (size_t i = 0; i < sidecar.n_members; i++) {
        const struct sidecar_member *m = &sidecar.members[i];
        json_t *value = json_loadb(sidecar.values.data + m->at, m->n, JSON_DECODE_ANY, NULL);

        assert_non_null(value);
        assert_null(json_object_get(all, m->key));
        assert_int_equal(json_object_set_new(all, m->key, value), 0);
    }
    return all;
}

static void assert_members(const char *expected)
{
    json_t *all = members(), *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);

    assert_non_null(wanted);
    if (!json_equal(all, wanted))
        fail_msg("%s is not %s", json_dumps(all, 0), expected);
    json_decref(all);
    json_decref(wanted);
}

static void known_members_have_their_meaning(void **state)
{
    take("\xef\xbb\xbf{\"id\": \" A-17 \", \"title\": \"T\\u00e4st\", \"language\": \"pt-BR\", "
         "\"created_at\": \"2024-02-29 13:05\", \"source\": \"scan\"}");
    assert_string_equal(sidecar.external_id, "A-17");
    assert_string_equal(buf_text(&sidecar.title), "T\xc3\xa4st");
    assert_string_equal(sidecar.language, "pt-BR");
    assert_members("{\"created\": \"2024-02-29T13:05:00\", \"source\": \"scan\"}");
    take("{\"external_id\": -12}");
    assert_string_equal(sidecar.external_id, "-12");
    assert_int_equal(sidecar.title.size, 0);
    assert_string_equal(sidecar.language, "");
}

static void other_members_stay_under_their_names(void **state)
{
    take("{\"a\": {\"b\": [1, -2.5e3, true, null, \"x\\n\", {}]}, \"\\u00e9\": false, \"n\": null, "
         "\"metadata\": {\"id\": 5, \"c\": [], \"metadata\": {\"d\": 1}, \"title\": \"inside\"}}");
    assert_members("{\"a\": {\"b\": [1, -2500.0, true, null, \"x\\n\", {}]}, \"\\u00e9\": false, "
                   "\"id\": 5, \"c\": [], \"metadata\": {\"d\": 1}}");
    assert_string_equal(buf_text(&sidecar.title), "inside");
    assert_string_equal(sidecar.external_id, "");
}

static void what_jsonb_does_not_take_is_mended_or_refused(void **state)
{
    take("{\"a\": \"x\\u0000y\\ud800z\", \"\\u0000\": 1, \"n\": "
         "123456789012345678901234567890e-12}");
    assert_null(memchr(sidecar.values.data, '\0', sidecar.values.size));
    assert_non_null(strstr(sidecar.values.data, "x\xef\xbf\xbdy\xef\xbf\xbdz"));
    assert_refused("{\"a\": [1e100]}", "\"a\": a number is too long");
    assert_refused("{\"a\": 11111111111111111111111111111111111111111}", "a number is too long");
}

static void tags_are_of_one_form_and_once(void **state)
{
    take("{\"tags\": [\"Tax 2024\", \"tax-2024\", \"2024\", \"e\\u0301\", \"\\u00e9\"]}");
    assert_members("{\"tags\": [\"tax-2024\", \"2024\", \"\\u00e9\"]}");
    take("{\"tags\": []}");
    assert_members("{\"tags\": []}");
    take("{\"tags\": null, \"title\": null, \"language\": \"\", \"metadata\": null}");
    assert_members("{}");
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "an object is expected, and there is nothing"},
        {"[]", "an object is expected"},
        {"{", "it is not JSON: line 1"},
        {"{\n\"a\": 1,\n}", "it is not JSON: line 3"},
        {"{} x", "it is not JSON"},
        {"{\"a\":\n\"\xff\"}", "it is not UTF-8: line 2"},
        {"{\"id\": 1.5}", "\"id\": a text or a whole number"},
        {"{\"id\": true}", "\"id\": a text or a whole number"},
        {"{\"id\": \"  \"}", "\"id\": it is empty"},
        {"{\"id\": 1, \"external_id\": 1}", "\"external_id\": it is there twice"},
        {"{\"title\": [\"x\"]}", "\"title\": a text is expected"},
        {"{\"title\": \"a\", \"title\": \"b\"}", "\"title\": it is there twice"},
        {"{\"a\": 1, \"metadata\": {\"a\": 1}}", "\"metadata.a\": it is there twice"},
        {"{\"metadata\": {}, \"metadata\": {}}", "\"metadata\": it is there twice"},
        {"{\"a\": [{\"b\": {\"c\": 1, \"\\u0063\": 2}}]}",
         "\"a\": a name inside it is there twice"},
        {"{\"metadata\": []}", "\"metadata\": an object is expected"},
        {"{\"language\": \"x\"}", "\"language\": a language is expected"},
        {"{\"created\": \"2024-02-30\"}", "\"created\": a date is expected"},
        {"{\"created\": \"2023\", \"created_at\": \"2024\"}", "\"created_at\": it is there twice"},
        {"{\"tags\": {}}", "\"tags\": a list of texts"},
        {"{\"tags\": [[\"a\"]]}", "\"tags\": a list of texts"},
        {"{\"tags\": [\"-\"]}", "\"tags\": a tag has neither"},
        {"{\"source\": 1}", "\"source\": a text is expected"},
        {"{\"\": 1}", "it has no name"},
        {"{\"truncated\": 1}", "penstock's own"},
        {"{\"a\\u001bb\": 1e5000}", "\"a?b\": a number"},
        {"{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}", "nested more than 16 deep"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_refused(cases[i].text, cases[i].reason);
}

static void compose(struct buf *to, const char *before, const char *format, unsigned n,
                    const char *behind)
{
    buf_clear(to);
    buf_add_str(to, before);
    for (unsigned i = 0; i < n; i++) {
        if (i > 0)
            buf_add_char(to, ',');
        for (const char *c = format; *c; c++) {
            if (*c == '#')
                buf_printf(to, "%u", i);
            else
                buf_add_char(to, *c);
        }
    }
    buf_add_str(to, behind);
}

static void everything_is_bounded(void **state)
{
    struct buf text = BUF_INIT;

    compose(&text, "{", "\"m#\":#", SIDECAR_MAX_MEMBERS, "}");
    take(buf_text(&text));
    compose(&text, "{", "\"m#\":#", SIDECAR_MAX_MEMBERS + 1, "}");
    assert_refused(buf_text(&text), "too many members");
    compose(&text, "{\"tags\":[", "\"t#\"", SIDECAR_MAX_TAGS, "]}");
    take(buf_text(&text));
    compose(&text, "{\"tags\":[", "\"t#\"", SIDECAR_MAX_TAGS + 1, "]}");
    assert_refused(buf_text(&text), "too many tags");
    compose(&text, "{\"tags\":[\"", "aaaaaaaaaa", 10, "\"]}");
    assert_refused(buf_text(&text), "a tag is too long");
    compose(&text, "{\"id\":\"", "aaaaaaaaaa", 20, "\"}");
    assert_refused(buf_text(&text), "\"id\": it is too long");
    compose(&text, "{\"title\":\"", "aaaaaaaaaa", 100, "\"}");
    assert_refused(buf_text(&text), "\"title\": it is too long");
    compose(&text, "{\"", "aaaaaaaaaa", 10, "\":1}");
    assert_refused(buf_text(&text), "its name is too long");
    compose(&text, "{\"a\":{\"", "aaaaaaaaaa", 200, "\":1}}");
    assert_refused(buf_text(&text), "a name inside it is too long");
    compose(&text, "{\"a\":{", "\"m#\":#", 500, "}}");
    take(buf_text(&text));
    compose(&text, "{\"a\":{", "\"m#\":#", 501, "}}");
    assert_refused(buf_text(&text), "too many names inside it");
    compose(&text, "{\"a\":\"", "\xc2\x80\xc2\x80\xc2\x80\xc2\x80", 7000, "\"}");
    assert_refused(buf_text(&text), "with it, there is too much");
    compose(&text, "{\"a\":\"", "aaaaaaaaaaa", 6000, "\"}");
    assert_refused(buf_text(&text), "more than 65536 bytes");
    buf_done(&text);
}

static json_t *read_document(const char *name, const char *text)
{
    const struct extract_input in = {
        .name = name, .bytes = text, .size = strlen(text), .sidecar = &sidecar};

    assert_int_equal(extract_document(extractor, &in, &out), 0);
    assert_valid(&out);
    return json_loadb(buf_text(&out.metadata), out.metadata.size, 0, NULL);
}

static void a_sidecar_wins_over_the_document(void **state)
{
    static const char html[] =
        "<!DOCTYPE html><html lang=en><title>Page</title>"
        "<meta name=author content=Me><meta name=description content=D><p>text";
    json_t *metadata;

    take("{\"title\": \"Mine\", \"language\": \"de\", \"creator\": \"You\", \"tags\": [\"a\"]}");
    metadata = read_document("a.html", html);
    assert_string_equal(buf_text(&out.title), "Mine");
    assert_string_equal(out.language, "de");
    assert_string_equal(buf_text(&out.body), "text");
    assert_string_equal(json_string_value(json_object_get(metadata, "creator")), "You");
    assert_string_equal(json_string_value(json_object_get(metadata, "description")), "D");
    json_decref(metadata);

    take("{\"source\": \"x\"}"); /* what it does not say, the document says */
    metadata = read_document("a.html", html);
    assert_string_equal(buf_text(&out.title), "Page");
    assert_string_equal(out.language, "en");
    assert_string_equal(json_string_value(json_object_get(metadata, "creator")), "Me");
    json_decref(metadata);
}

static void a_sidecar_survives_a_format_that_gives_up(void **state)
{
    json_t *metadata;

    take("{\"title\": \"Mine\", \"tags\": [\"a\"]}");
    metadata = read_document("a.json", "{\"title\": \"not JSON to its end\"");
    assert_string_equal(out.media_type, "text/plain");
    assert_string_equal(buf_text(&out.title), "Mine");
    assert_int_equal(json_array_size(json_object_get(metadata, "tags")), 1);
    json_decref(metadata);
    metadata = read_document("empty", "");
    assert_int_equal(json_array_size(json_object_get(metadata, "tags")), 1);
    json_decref(metadata);
}

static int done(void **state)
{
    sidecar_done(&sidecar);
    return close_extractor(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_members_have_their_meaning),
        cmocka_unit_test(other_members_stay_under_their_names),
        cmocka_unit_test(what_jsonb_does_not_take_is_mended_or_refused),
        cmocka_unit_test(tags_are_of_one_form_and_once),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(everything_is_bounded),
        cmocka_unit_test(a_sidecar_wins_over_the_document),
        cmocka_unit_test(a_sidecar_survives_a_format_that_gives_up),
    };

    return cmocka_run_group_tests(tests, open_extractor, done);
}
