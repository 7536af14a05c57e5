/* sidecar_apply.c - see sidecar_apply.h. The sidecar has the last word on what a document says of itself. */
#include "extract/sidecar_apply.h"

#include <string.h>

void sidecar_apply_members(const struct sidecar *s, struct document *d)
{
    for (size_t i = 0; i < s->n_members; i++) {
        const struct sidecar_member *m = &s->members[i];

        result_meta_json(d, m->key, s->values.data + m->at, m->n);
    }
}

void sidecar_apply_fields(const struct sidecar *s, struct document *d)
{
    if (s->title.size > 0) {
        buf_clear(&d->out->title);
        result_title(d, s->title.data, s->title.size);
    }
    if (s->language[0]) {
        d->out->language[0] = '\0';
        result_language(d, s->language, strlen(s->language));
    }
}
