/* fuzz_json.c - any bytes as JSON and as newline-delimited JSON; jansson has a second opinion on
 * what is valid. */
#include "document.h"
#include "second_opinion.h"

#include "base/utf8.h"
#include "extract/json_scan.h"

enum { MAX_DEPTH = 100 };

/* jansson refuses some of what RFC 8259 allows (numbers that overflow, lone surrogates and NUL in
 * strings), so only its "yes" counts. */
static void compare(const char *text, size_t size)
{
    struct json_scan s = {.text = text, .size = size, .max_depth = MAX_DEPTH};
    enum json_verdict v = json_scan_value(&s);

    REQUIRE(s.at <= size);
    if (is_valid_json(text, size))
        REQUIRE(v == JSON_TOO_DEEP || (v == JSON_VALID && s.at == size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.json", data, size);
    fuzz_document("a.ndjson", data, size);
    if (utf8_valid_prefix((const char *)data, size) == size)
        compare((const char *)data, size);
    return 0;
}
