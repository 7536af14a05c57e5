/* sidecar_scan.h - a sidecar while it is read: what sidecar.c (members and their meanings) and
 * sidecar_value.c (values) share. */
#pragma once

#include "base/json.h"
#include "extract/sidecar.h"

#define SIDECAR_MAX_NUMBER_BYTES 40

struct slice {
    const char *at;
    size_t n;
};

struct sidecar_scan {
    struct sidecar *s;
    struct reason *why;
    bool inside;    /* the member "metadata" */
    bool is_folder; /* it is the meta.json of a folder */
    struct slice metadata;
    struct buf text; /* a string, decoded */
    struct json json;
    char key[SIDECAR_MAX_KEY_BYTES + 1]; /* of the member in hand */
    unsigned n_tags;
    size_t tags_at;
    bool failed;
};

/* Refuses the sidecar for the member in hand; the first reason counts. */
void sidecar_refuse(struct sidecar_scan *c, const char *what);

/* The number of the line, from 1 on, that the byte `at` lies in. */
size_t sidecar_line_of(const char *text, size_t at);

bool sidecar_is_text(struct slice v);
bool sidecar_is_null(struct slice v);
/* The text of a string, until the next one is decoded; and without white space around it. */
struct slice sidecar_decode(struct sidecar_scan *c, struct slice v);
struct slice sidecar_text(struct sidecar_scan *c, struct slice v);
/* Writes any value to c->json, in a form that jsonb takes, or refuses it. */
void sidecar_copy(struct sidecar_scan *c, const char *key, struct slice v);
