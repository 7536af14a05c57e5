/* chance.c - see chance.h. */
#include "chance.h"

#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

void chance_init(struct chance *c, uint64_t seed, uint64_t stream)
{
    uint64_t x = seed;

    x = splitmix(&x) ^ (stream * 0xd1342543de82ef95ULL);
    for (int i = 0; i < 4; i++)
        c->state[i] = splitmix(&x);
}

static uint64_t rotate(uint64_t x, int n)
{
    return (x << n) | (x >> (64 - n));
}

uint64_t chance_next(struct chance *c)
{
    uint64_t *s = c->state, result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t chance_below(struct chance *c, uint64_t n)
{
    return (uint64_t)(((unsigned __int128)chance_next(c) * n) >> 64);
}

double chance_unit(struct chance *c)
{
    return (double)(chance_next(c) >> 11) * 0x1.0p-53;
}

double chance_normal(struct chance *c)
{
    double u = 1 - chance_unit(c), v = chance_unit(c);

    return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}
