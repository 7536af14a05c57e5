/* fuzz_sqlstate.c - any code to the table of SQLSTATEs: the policy's fixed points hold whatever the
 * code is. */
#include "fuzz.h"

#include "store/sqlstate.h"

static bool begins(const char *code, const char *prefix)
{
    return strncmp(code, prefix, strlen(prefix)) == 0;
}

/* Only an error about data may blame a row, and nothing is ever OK. */
static void check(const char *code)
{
    static const char *const data_errors[] = {"22", "23", "44", "54", "P0001"};
    enum sqlstate_class class = sqlstate_classify(code);
    bool is_data = false;

    for (size_t i = 0; i < ARRAY_SIZE(data_errors); i++)
        is_data |= begins(code, data_errors[i]);
    REQUIRE(class > SQLSTATE_OK && class <= SQLSTATE_CONFIG);
    REQUIRE(class != SQLSTATE_POISON || is_data);
    REQUIRE(!begins(code, "08") || class == SQLSTATE_LOST);
    REQUIRE(!begins(code, "57P0") || class != SQLSTATE_SPLIT);
    REQUIRE(strcmp(sqlstate_class_name(class), "unknown") != 0);
    REQUIRE((code[0] == '\0') <= (class == SQLSTATE_LOST));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char code[6] = "", longer[8];
    enum sqlstate_class class;

    memcpy(code, data, MIN(size, (size_t)5));
    check(code);
    class = sqlstate_classify(code);
    if (strlen(code) == 5) { /* what stands behind a whole code changes nothing */
        (void)snprintf(longer, sizeof(longer), "%s%c", code, size > 5 ? data[5] : '0');
        REQUIRE(sqlstate_classify(longer) == class);
    }
    REQUIRE(sqlstate_classify(NULL) == SQLSTATE_LOST);
    return 0;
}
