/* fuzz_json.c - any bytes as JSON and as newline-delimited JSON; jansson has a second opinion on
 * what is valid. */
#include "document.h"
#include "second_opinion.h"

#include "base/utf8.h"
#include "extract/document.h"
#include "extract/text/json_scan.h"

enum { MAX_DEPTH = 100 };

/* jansson refuses some of what RFC 8259 allows: numbers that overflow, lone surrogates and NUL in
 * strings, deep nesting. */
static bool may_differ(const char *text, size_t size)
{
    size_t digits = 0;

    for (size_t i = 0; i < size; i++) {
        digits = text[i] >= '0' && text[i] <= '9' ? digits + 1 : 0;
        if (digits > 15 || text[i] == '\\' || to_lower(text[i]) == 'e')
            return true;
    }
    return false;
}

static void compare(const char *text, size_t size)
{
    struct json_scan s = {.text = text, .size = size, .max_depth = MAX_DEPTH};
    enum json_verdict v = json_scan_value(&s);
    bool is_valid = v == JSON_VALID && s.at == size;

    REQUIRE(s.at <= size);
    if (v == JSON_TOO_DEEP)
        return;
    if (is_valid_json(text, size))
        REQUIRE(is_valid);
    else
        REQUIRE(!is_valid || may_differ(text, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.json", data, size);
    fuzz_document("a.ndjson", data, size);
    if (utf8_valid_prefix((const char *)data, size) == size)
        compare((const char *)data, size);
    return 0;
}
