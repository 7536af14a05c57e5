/* test_folder.c - the list of a folder's files is taken as it is meant, or refused with what can be
 * told of it; and the files become one document. */
#include "extract/folder.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct folder_list list;

static int read_list(const char *text, struct reason *why)
{
    *why = (struct reason){""};
    return folder_list_read(&list, text, strlen(text), 4, why);
}

/* The names in the order in which they are read, with spaces between. */
static void assert_files(const char *expected)
{
    char names[256] = "";

    for (size_t i = 0; i < list.n_files; i++) {
        strcat(names, i > 0 ? " " : "");
        strcat(names, list.files[i].path);
    }
    assert_string_equal(names, expected);
}

static void assert_read(const char *text, const char *files)
{
    struct reason why;

    if (read_list(text, &why) != 0)
        fail_msg("%s: %s", text, why.text);
    assert_files(files);
}

/* Refused for this reason; `files` are told all the same. */
static void assert_wrong(const char *text, const char *reason, const char *files)
{
    struct reason why;

    assert_int_equal(read_list(text, &why), FOLDER_WRONG);
    if (!strstr(why.text, reason))
        fail_msg("%s: \"%s\" lacks \"%s\"", text, why.text, reason);
    assert_files(files);
}

static void files_come_in_order(void **state)
{
    assert_read("{\"documents\": [{\"file\": \"b\"}, {\"file\": \"a\"}]}", "b a");
    assert_read("{\"documents\": [{\"file\": \"x\"}, {\"file\": \"b\", \"order\": 2}, "
                "{\"order\": -3, \"file\": \"sub/a\"}, {\"file\": \"c\", \"order\": 2}]}",
                "sub/a b c x");
    assert_read("\xef\xbb\xbf{\"documents\": [{\"file\": \"\\u00e4 b\", \"type\": \"letter\"}]}",
                "\xc3\xa4 b");
    assert_string_equal(list.files[0].type, "letter");
}

static void what_lists_nothing_is_no_folder(void **state)
{
    static const char *const others[] = {
        "{}", "{\"title\": \"a\"}", "[]",
        "5",  "\"documents\"",      "{\"metadata\": {\"documents\": []}}"};
    struct reason why;

    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        assert_int_equal(read_list(others[i], &why), FOLDER_NONE);
        assert_int_equal(list.n_files, 0);
    }
}

static void what_is_wrong_is_said_and_the_rest_is_told(void **state)
{
    assert_wrong("", "it is not JSON", "");
    assert_wrong("{\"documents\": [", "it is not JSON: line 1", "");
    assert_wrong("{\"documents\": null}", "a list of objects is expected", "");
    assert_wrong("{\"documents\": []}", "there is no file", "");
    assert_wrong("{\"documents\": [{\"file\": \"a\"}, {\"file\": \"../b\"}, {\"file\": \"c\"}]}",
                 "number 2, \"../b\": a \"file\" lies in the folder, not outside", "a c");
    assert_wrong("{\"documents\": [{\"file\": \"a\"}, {\"file\": \"b\"}, {\"file\": \"a\"}]}",
                 "number 3, \"a\": this file is listed twice", "a b");
    assert_wrong("{\"documents\": [{\"file\": \"a\"}, {\"file\": \"b\"}, {\"file\": \"c\"}, "
                 "{\"file\": \"d\"}, {\"file\": \"e\"}]}",
                 "number 5, \"e\": there are more files than PENSTOCK_MAX_FOLDER_FILES", "a b c d");
    assert_wrong("{\"documents\": [{\"file\": \"a\", \"order\": \"1\"}]}", "\"order\"", "a");
    assert_wrong("{\"documents\": [{\"file\": \"a\", \"order\": 1, \"order\": 2}]}",
                 "\"order\" is there twice", "a");
    assert_wrong("{\"documents\": [{\"file\": \"a\", \"file\": \"b\"}]}", "\"file\" is there twice",
                 "a");
    assert_wrong("{\"documents\": [{\"file\": \"a\"}], \"documents\": []}", "it is there twice",
                 "a");
}

static void names_that_are_none(void **state)
{
    static const char *const names[] = {"",          "/a",        "a/",       "a//b",
                                        ".",         "..",        "./a",      "a/..",
                                        "a/../../b", "meta.json", "a\\u0001", "a\\nb"};
    char text[128];

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        (void)snprintf(text, sizeof(text), "{\"documents\": [{\"file\": \"%s\"}]}", names[i]);
        assert_wrong(text, "\"documents\", number 1", "");
    }
    assert_read("{\"documents\": [{\"file\": \"..a\"}, {\"file\": \"b/...\"}, {\"file\": "
                "\"x/meta.json\"}]}",
                "..a b/... x/meta.json");
}

/* One larger than a list may be is refused; without a list it is a document like any other. */
static void a_long_meta_json(void **state)
{
    static char text[FOLDER_MAX_BYTES + 100];
    struct reason why = {""};
    int n = snprintf(text, sizeof(text), "{\"documents\": [{\"file\": \"a\"}], \"x\": \"");

    memset(text + n, 'x', sizeof(text) - (size_t)n);
    memcpy(text + sizeof(text) - 2, "\"}", 2);
    assert_int_equal(folder_list_read(&list, text, sizeof(text), 4, &why), FOLDER_WRONG);
    assert_non_null(strstr(why.text, "more than 1048576 bytes"));
    memcpy(text + 2, "DOCUMENTS", 9);
    assert_int_equal(folder_list_read(&list, text, sizeof(text), 4, &why), FOLDER_NONE);
}

/* ---- as one document ---- */

static struct sidecar about;

static void read_folder(struct extraction *out, const char *text, const char *const contents[])
{
    const struct extract_limits limits = {.max_text_bytes = 60, .max_depth = 64};
    const struct extract_input in = {.sidecar = &about};
    struct extractor *x = NULL;
    struct folder *f = NULL;
    struct reason why = {""};

    assert_int_equal(extract_open(&limits, &x, &why), 0);
    assert_int_equal(read_list(text, &why), 0);
    assert_int_equal(sidecar_read_folder(&about, text, strlen(text), &why), 0);
    assert_int_equal(folder_new(x, &in, out, &f), 0);
    for (size_t i = 0; i < list.n_files; i++) {
        const struct extract_input file = {
            .name = list.files[i].path, .bytes = contents[i], .size = strlen(contents[i])};

        assert_int_equal(folder_add(f, &list.files[i], &file, file.size), 0);
    }
    assert_int_equal(folder_finish(f), 0);
    folder_free(f);
    extract_close(x);
}

static void texts_are_joined_and_facts_told(void **state)
{
    static const char *const contents[] = {"first", "", "{\"a\": 1}"};
    struct extraction out = {0};
    json_t *metadata, *files;

    read_folder(
        &out,
        "{\"title\": \"Both\", \"documents\": [{\"file\": \"a.txt\", \"type\": \"letter\"}, "
        "{\"file\": \"b.txt\"}, {\"file\": \"c.json\"}], \"tags\": [\"X y\"]}",
        contents);
    assert_string_equal(buf_text(&out.body), "first\n\n{\"a\": 1}");
    assert_string_equal(buf_text(&out.title), "Both");
    assert_string_equal(out.media_type, "application/vnd.penstock.folder");
    assert_true(out.supported && !out.truncated);
    metadata = json_loads(buf_text(&out.metadata), 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(metadata, "file_count")), 3);
    assert_null(json_object_get(metadata, "documents"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(metadata, "tags"), 0)),
                        "x-y");
    files = json_object_get(metadata, "files");
    assert_int_equal(json_array_size(files), 3);
    assert_string_equal(json_string_value(json_object_get(json_array_get(files, 0), "type")),
                        "letter");
    assert_string_equal(json_string_value(json_object_get(json_array_get(files, 2), "media_type")),
                        "application/json");
    json_decref(metadata);
    extraction_done(&out);
}

static void the_text_in_all_is_bounded(void **state)
{
    static const char *const contents[] = {"0123456789012345678901234567890123456789",
                                           "0123456789012345678901234567890123456789"};
    struct extraction out = {0};

    read_folder(&out, "{\"documents\": [{\"file\": \"a\"}, {\"file\": \"b\"}]}", contents);
    assert_int_equal(out.body.size, 60);
    assert_true(out.truncated);
    assert_non_null(strstr(buf_text(&out.metadata), "\"truncated\":true"));
    extraction_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_in_order),
        cmocka_unit_test(what_lists_nothing_is_no_folder),
        cmocka_unit_test(what_is_wrong_is_said_and_the_rest_is_told),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(a_long_meta_json),
        cmocka_unit_test(texts_are_joined_and_facts_told),
        cmocka_unit_test(the_text_in_all_is_bounded),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);

    folder_list_done(&list);
    sidecar_done(&about);
    return r;
}
