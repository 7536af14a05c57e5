/* suggest.c - the distance is the restricted Damerau-Levenshtein one, computed row by row. */
#include "cli/suggest.h"

#include <limits.h>
#include <string.h>

#define MAX_WORD 63

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    return MIN(a, MIN(b, c));
}

unsigned suggest_distance(const char *a, const char *b)
{
    unsigned table[MAX_WORD + 1][MAX_WORD + 1];
    size_t n = strlen(a), m = strlen(b);

    if (n > MAX_WORD || m > MAX_WORD)
        return UINT_MAX;
    for (size_t i = 0; i <= n; i++)
        table[i][0] = (unsigned)i;
    for (size_t j = 0; j <= m; j++)
        table[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            unsigned differs = a[i - 1] != b[j - 1];

            table[i][j] =
                min3(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + differs);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                table[i][j] = MIN(table[i][j], table[i - 2][j - 2] + 1);
        }
    }
    return table[n][m];
}

const char *suggest(const char *word, const char *const *words, size_t n)
{
    unsigned allowed = strlen(word) < 5 ? 1 : 2, best = allowed + 1, distance;
    const char *found = NULL;

    for (size_t i = 0; i < n; i++) {
        distance = suggest_distance(word, words[i]);
        if (distance < best) {
            best = distance;
            found = words[i];
        }
    }
    if (found)
        return found;
    for (size_t i = 0; i < n && strlen(word) >= 2; i++)
        if (strncmp(word, words[i], strlen(word)) == 0)
            return words[i];
    return NULL;
}
