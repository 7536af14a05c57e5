/* print_tokens.c - reads character pages and texts, writes their tokens, all in frames: a number of
 * four bytes, then so many bytes or things.
 *
 * In: how many pages; of each its number and its 256 classes; then texts, size and bytes. Out: of
 * each text its tokens, type, size and bytes; then 0. Numbers are in the machine's order. */
#include "search/tokens.h"

#include <stdio.h>
#include <stdlib.h>

static bool read_number(uint32_t *ret)
{
    return fread(ret, sizeof(*ret), 1, stdin) == 1;
}

static void write_number(uint32_t n)
{
    (void)fwrite(&n, sizeof(n), 1, stdout);
}

static void *read_bytes(size_t n)
{
    char *bytes = malloc(n + 1);

    if (!bytes || fread(bytes, 1, n, stdin) != n)
        exit(EXIT_FAILURE);
    bytes[n] = '\0';
    return bytes;
}

static void print_tokens(const char *text, size_t size, const struct char_pages *pages)
{
    struct tokenizer t;
    struct token token;

    tokenizer_begin(&t, text, size, pages);
    while (tokenizer_next(&t, &token)) {
        write_number(token.type);
        write_number((uint32_t)token.size);
        (void)fwrite(token.at, 1, token.size, stdout);
    }
    write_number(0);
}

int main(void)
{
    static struct char_pages pages;
    uint32_t n = 0, page, size;

    if (!read_number(&n))
        return EXIT_FAILURE;
    for (; n > 0 && read_number(&page) && page < CHAR_N_PAGES; n--)
        pages.pages[page] = read_bytes(CHAR_PAGE_SIZE);
    while (read_number(&size)) {
        char *text = read_bytes(size);
        size_t at = 0;

        if (tokens_missing_page(text, size, &at, &pages) >= 0)
            return EXIT_FAILURE;
        print_tokens(text, size, &pages);
        free(text);
    }
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
