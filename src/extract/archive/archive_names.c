/* archive_names.c - paths of members, as they are shown.
 *
 * What is valid UTF-8 is that. Else the archive comes from a system with another encoding, and
 * nothing in it says which: old DOS and Windows programs wrote the code page of the console (437 or
 * 850 in the west, 866 for Russian, 932 and 936 for Japanese and Chinese), old Unix ones that of
 * the locale. Where the letters of each lie among the bytes tells them apart well enough for a name
 * that is searched for; the bytes of the member do not depend on it.
 */
#include "extract/archive/archive_names.h"

#include "base/utf8.h"
#include "extract/convert.h"

#include <stdint.h>
#include <string.h>

enum { MAX_NAME_BYTES = 4096 };

/* How the bytes above 0x7f lie. */
struct high_bytes {
    size_t n;
    size_t n_dos;      /* 0x80 to 0xa5, and 0xe1: western letters of code pages 437 and 850 */
    size_t n_latin;    /* 0xc0 to 0xff: those of ISO 8859 and Windows */
    size_t n_cyrillic; /* letters of code page 866 */
    size_t longest_run;
};

static struct high_bytes count_high(const uint8_t *s, size_t n)
{
    struct high_bytes h = {0};
    size_t run = 0;

    for (size_t i = 0; i < n; i++) {
        run = s[i] >= 0x80 ? run + 1 : 0;
        h.longest_run = MAX(h.longest_run, run);
        h.n += s[i] >= 0x80;
        h.n_dos += (s[i] >= 0x80 && s[i] <= 0xa5) || s[i] == 0xe1;
        h.n_latin += s[i] >= 0xc0;
        h.n_cyrillic += (s[i] >= 0x80 && s[i] <= 0xaf) || (s[i] >= 0xe0 && s[i] <= 0xf1);
    }
    return h;
}

/* All bytes above 0x7f are in pairs of a first and a second byte, and at least two pairs are side by
 * side, as accented letters are not. */
static bool is_in_pairs(const uint8_t *s, size_t n, bool (*is_pair)(uint8_t, uint8_t))
{
    size_t run = 0, longest = 0;

    for (size_t i = 0; i < n; i++) {
        if (s[i] < 0x80) {
            run = 0;
            continue;
        }
        if (i + 1 == n || !is_pair(s[i], s[i + 1]))
            return false;
        i++;
        run++;
        longest = MAX(longest, run);
    }
    return longest >= 2;
}

/* Kana and the common kanji (JIS X 0208, level 1). */
static bool is_shift_jis(uint8_t a, uint8_t b)
{
    return a >= 0x81 && a <= 0x98 && b >= 0x40 && b != 0x7f && b <= 0xfc;
}

/* The common hanzi (GB 2312, level 1), and signs. */
static bool is_gb2312(uint8_t a, uint8_t b)
{
    return ((a >= 0xa1 && a <= 0xa3) || (a >= 0xb0 && a <= 0xd7)) && b >= 0xa1 && b != 0xff;
}

static const char *guess_encoding(const char *path, size_t n)
{
    const uint8_t *s = (const uint8_t *)path;
    const struct high_bytes h = count_high(s, n);

    if (is_in_pairs(s, n, is_gb2312))
        return "GB18030";
    if (h.longest_run >= 3 && h.n_cyrillic == h.n)
        return "IBM866";
    if (is_in_pairs(s, n, is_shift_jis))
        return "windows-932";
    if (h.longest_run >= 3 && h.n_latin == h.n)
        return "windows-1251";
    return h.n_dos >= h.n_latin ? "IBM850" : "windows-1252";
}

/* Backslashes divide when nothing else does: some programs for Windows write them. */
static void normalise(struct buf *path)
{
    bool slashes = memchr(path->data, '/', path->size) != NULL;

    for (size_t i = 0; i < path->size; i++) {
        if (!slashes && path->data[i] == '\\')
            path->data[i] = '/';
        if ((uint8_t)path->data[i] < ' ' || path->data[i] == 0x7f)
            path->data[i] = '_';
    }
}

/* Leaves out what says nothing about the member: empty steps, "." and ".." (which no path of a
 * member needs), a drive. */
static void add_steps(const struct buf *path, struct buf *to)
{
    const char *at = path->data, *end = at + path->size, *step;
    size_t n, start = to->size;

    if (path->size >= 3 && at[1] == ':' && at[2] == '/')
        at += 3;
    while (at < end) {
        step = at;
        while (at < end && *at != '/')
            at++;
        n = (size_t)(at - step);
        at += at < end;
        if (n == 0 || (n <= 2 && memcmp(step, "..", n) == 0))
            continue;
        if (to->size > start)
            buf_add_char(to, '/');
        buf_add(to, step, n);
    }
}

int archive_name(const char *path, size_t n, struct buf *to)
{
    struct buf text = BUF_INIT;
    char name[64];
    size_t replaced;
    int r = 0;

    n = MIN(n, (size_t)MAX_NAME_BYTES);
    if (n == MAX_NAME_BYTES && utf8_valid_prefix(path, n) + 4 > n)
        n = utf8_valid_prefix(path, n);
    if (utf8_valid_prefix(path, n) == n)
        buf_add(&text, path, n);
    else
        r = convert_to_utf8(guess_encoding(path, n), path, n, true, &text, name, &replaced);
    if (r == 0 && text.size > 0 && !buf_error(&text)) {
        normalise(&text);
        add_steps(&text, to);
    }
    r = r < 0 || buf_error(&text) || buf_error(to) ? -ENOMEM : 0;
    buf_done(&text);
    return r;
}

bool archive_name_is_debris(const char *path)
{
    static const char resources[] = "__MACOSX/";
    const char *base = strrchr(path, '/');

    base = base ? base + 1 : path;
    return strncmp(path, resources, strlen(resources)) == 0 || strstr(path, "/__MACOSX/") ||
           strncmp(base, "._", 2) == 0 || strcmp(base, ".DS_Store") == 0;
}
