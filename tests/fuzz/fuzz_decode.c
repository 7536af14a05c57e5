/* fuzz_decode.c - any bytes to the charset decoder and to the sniffer of types. */
#include "fuzz.h"

#include "base/utf8.h"
#include "extract/sniff.h"

static const struct extract_limits limits = {.max_text_bytes = 16u << 20, .max_depth = 256};

static struct extractor *extractor(void)
{
    static struct extractor *x;
    struct reason why = {""};

    if (!x)
        REQUIRE(extract_open(&limits, &x, &why) == 0);
    return x;
}

/* Valid UTF-8 without NUL, escape or mark is the text itself. */
static bool is_plain(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((uint8_t)bytes[i] < 0x20 && bytes[i] != '\n' && bytes[i] != '\t')
            return false;
    return utf8_valid_prefix(bytes, size) == size && memchr(bytes, 0x7f, size) == NULL &&
           (size < 3 || memcmp(bytes, "\xef\xbb\xbf", 3) != 0);
}

static void check_sniffers(const struct decoded *text)
{
    static const char *const names[] = {NULL, "a.html", "b/Makefile", "a.json", "a.xml", "a."};
    struct document d = {.limits = &limits, .text = text->text, .size = text->size};
    const struct format *f;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        d.name = names[i];
        for (enum family family = 0; family < N_TEXT_FAMILIES; family++) {
            f = sniff_text(family, &d);
            REQUIRE(!f || (f->family == family && f->extract));
        }
        REQUIRE(sniff_text(FAMILY_TEXT, &d));
    }
}

static int decode(struct extractor *x, const char *bytes, size_t size, bool cut_off)
{
    struct decoded text;
    int r = decode_text(&x->decoder, bytes, size, cut_off, &text);

    REQUIRE(r == 0 || r == DECODE_BINARY);
    REQUIRE(r == 0 || !is_plain(bytes, size));
    if (r != 0)
        return r;
    REQUIRE(utf8_valid_prefix(text.text, text.size) == text.size);
    REQUIRE(text.size <= size * 9 + 16); /* no encoding makes more of a byte */
    REQUIRE(text.replaced_bytes <= size);
    REQUIRE(strnlen(text.encoding, sizeof(text.encoding)) < sizeof(text.encoding));
    REQUIRE(!is_plain(bytes, size) ||
            (text.size == size && memcmp(text.text, bytes, size) == 0 && !text.encoding[0]));
    check_sniffers(&text);
    return r;
}

/* A type stays what it is when libmagic names another one. */
static void check_type(struct extractor *x, const char *bytes, size_t size)
{
    static const char other[] = "\x89PNG\r\n\x1a\n";
    const struct format *known = sniff_signature(bytes, size);
    const char *type = sniff_binary(x, known, bytes, size);
    char copy[128];

    REQUIRE(!known || known->family >= FAMILY_SIGNATURE);
    REQUIRE(type && strchr(type, '/') && strlen(type) < sizeof(copy));
    memcpy(copy, type, strlen(type) + 1);
    REQUIRE(sniff_binary(x, NULL, other, sizeof(other) - 1));
    REQUIRE(strcmp(type, copy) == 0 && type == sniff_binary(x, known, bytes, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct extractor *x = extractor();
    const char *bytes = (const char *)data;

    if (size == 0)
        return 0;
    (void)decode(x, bytes, size, true);
    (void)decode(x, bytes, size, false);
    check_type(x, bytes, size);
    return 0;
}
