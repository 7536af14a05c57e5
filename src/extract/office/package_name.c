/* package_name.c - names of members, as producers differ in writing them.
 *
 * Case, which slash, and a slash in front make no difference. Numbers order as numbers, so that the
 * tenth slide comes behind the ninth; what is equal so far orders byte by byte.
 */
#include "extract/office/package_name.h"

#include "extract/document.h"

#include <string.h>

static unsigned char fold(char c)
{
    return (unsigned char)(c == '\\' ? '/' : to_lower(c));
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_slashes(const char *name)
{
    while (*name == '/' || *name == '\\')
        name++;
    return name;
}

static int compare_folded(const char *a, const char *b)
{
    while (*a && fold(*a) == fold(*b)) {
        a++;
        b++;
    }
    return fold(*a) - fold(*b);
}

/* Compares the numbers that begin at both, and moves behind them. */
static int compare_numbers(const char **a, const char **b)
{
    size_t n_a = 0, n_b = 0;
    int order;

    while (**a == '0')
        (*a)++;
    while (**b == '0')
        (*b)++;
    while (is_digit((*a)[n_a]))
        n_a++;
    while (is_digit((*b)[n_b]))
        n_b++;
    order = n_a != n_b ? (n_a < n_b ? -1 : 1) : memcmp(*a, *b, n_a);
    *a += n_a;
    *b += n_b;
    return order;
}

int package_name_compare(const char *name_a, const char *name_b)
{
    const char *a = skip_slashes(name_a), *b = skip_slashes(name_b);
    int order = 0;

    while (order == 0 && *a && *b) {
        if (is_digit(*a) && is_digit(*b))
            order = compare_numbers(&a, &b);
        else
            order = fold(*a++) - fold(*b++);
    }
    if (order == 0)
        order = fold(*a) - fold(*b);
    return order != 0 ? order : compare_folded(skip_slashes(name_a), skip_slashes(name_b));
}

bool package_name_has_prefix(const char *name, const char *prefix)
{
    name = skip_slashes(name);
    prefix = skip_slashes(prefix);
    while (*prefix && fold(*name) == fold(*prefix)) {
        name++;
        prefix++;
    }
    return *prefix == '\0';
}
