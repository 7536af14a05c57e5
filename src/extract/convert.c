/* convert.c - legacy encodings to UTF-8 through ICU.
 *
 * Conversion goes through a small UTF-16 window; what cannot be converted is replaced by U+FFFD
 * once a malformed sequence and counted in bytes. ICU's converters live in a shared library, so
 * opening one opens no file (iconv would load a module). Fails only with -ENOMEM.
 */
#include "extract/convert.h"

#include "base/utf8.h"

#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/ucnv_err.h>
#include <unicode/utf16.h>

enum { WINDOW = 4096 };

static const UChar replacement = 0xfffd;

/* Called by ICU for bytes that mean nothing in the encoding; `context` is the count of them. */
static void on_malformed(const void *context, UConverterToUnicodeArgs *args, const char *bytes,
                         int32_t length, UConverterCallbackReason reason, UErrorCode *error)
{
    size_t *replaced = (size_t *)(uintptr_t)context;

    (void)bytes;
    if (reason > UCNV_IRREGULAR)
        return;
    *error = U_ZERO_ERROR;
    *replaced += (size_t)length;
    ucnv_cbToUWriteUChars(args, &replacement, 1, 0, error);
}

/* Appends UTF-16, of which at most the last unit is half a pair: that is left; returns the units
 * used. */
static size_t add_utf16(struct buf *to, const UChar *from, size_t n, size_t *replaced)
{
    char *out = buf_reserve(to, n * 3);
    size_t i = 0, written = 0;
    uint32_t c;

    if (!out)
        return n;
    while (i < n) {
        c = from[i];
        if (U16_IS_LEAD(c)) {
            if (i + 1 == n)
                break;
            if (U16_IS_TRAIL(from[i + 1]))
                c = U16_GET_SUPPLEMENTARY(from[i], from[i + 1]);
        }
        i += c >= 0x10000 ? 2 : 1;
        if (c == 0 || U_IS_SURROGATE(c)) {
            c = replacement;
            ++*replaced;
        }
        written += utf8_encode(c, out + written);
    }
    buf_seal(to, written);
    return i;
}

static void convert_all(UConverter *converter, const char *bytes, size_t size, bool cut_off,
                        struct buf *to, size_t *replaced)
{
    UChar window[WINDOW], *end;
    const char *from = bytes, *stop = bytes + size;
    size_t kept = 0, used, n;
    UErrorCode error;

    do {
        error = U_ZERO_ERROR;
        end = window + kept;
        ucnv_toUnicode(converter, &end, window + WINDOW, &from, stop, NULL, !cut_off, &error);
        n = (size_t)(end - window);
        used = add_utf16(to, window, n, replaced);
        kept = n - used;
        memmove(window, window + used, kept * sizeof(*window));
    } while (error == U_BUFFER_OVERFLOW_ERROR && !buf_error(to));
    if (kept > 0 && !cut_off)
        buf_add_str(to, "\xef\xbf\xbd");
}

/* The name that others know the encoding by. */
static void standard_name(const UConverter *converter, char name[64])
{
    UErrorCode error = U_ZERO_ERROR;
    const char *own = ucnv_getName(converter, &error), *found = NULL;

    for (unsigned i = 0; !found && i < 2; i++) {
        error = U_ZERO_ERROR;
        found = ucnv_getStandardName(own, i == 0 ? "MIME" : "IANA", &error);
    }
    if (!found)
        found = own ? own : "unknown";
    strncpy(name, found, 63);
    name[63] = '\0';
}

int convert_to_utf8(const char *encoding, const char *bytes, size_t size, bool cut_off,
                    struct buf *to, char ret_name[64], size_t *ret_replaced)
{
    UErrorCode error = U_ZERO_ERROR;
    UConverter *converter = ucnv_open(encoding, &error);
    size_t replaced = 0;

    if (U_FAILURE(error))
        return error == U_MEMORY_ALLOCATION_ERROR ? -ENOMEM : CONVERT_UNKNOWN;
    ucnv_setToUCallBack(converter, on_malformed, &replaced, NULL, NULL, &error);
    convert_all(converter, bytes, size, cut_off, to, &replaced);
    standard_name(converter, ret_name);
    ucnv_close(converter);
    *ret_replaced = replaced;
    return buf_error(to);
}

int convert_warm_up(struct reason *why)
{
    static const char *const common[] = {"UTF-16LE",  "UTF-32LE", "windows-1252", "ISO-8859-2",
                                         "Shift_JIS", "EUC-JP",   "GB18030",      "Big5",
                                         "EUC-KR",    "KOI8-R",   "windows-1251", "ISO-2022-JP"};
    UErrorCode error;
    UConverter *converter;

    for (size_t i = 0; i < ARRAY_SIZE(common); i++) {
        error = U_ZERO_ERROR;
        converter = ucnv_open(common[i], &error);
        if (U_FAILURE(error)) {
            reason_set(why, "ICU cannot convert from %s: %s", common[i], u_errorName(error));
            return -ENOTSUP;
        }
        ucnv_close(converter);
    }
    return 0;
}
