/* chance.h - random numbers that are the same everywhere: a seed and a stream
 * give one sequence (xoshiro256++ by Blackman and Vigna, seeded by splitmix64).
 */
#pragma once

#include <stdint.h>

struct chance {
    uint64_t state[4];
};

/* Streams of one seed do not overlap in practice: document i has stream i. */
void chance_init(struct chance *c, uint64_t seed, uint64_t stream);

uint64_t chance_next(struct chance *c);
/* 0 to n - 1; n > 0. */
uint64_t chance_below(struct chance *c, uint64_t n);
/* 0 to below 1. */
double chance_unit(struct chance *c);
/* Mean 0, deviation 1. */
double chance_normal(struct chance *c);
