/* sidecar_apply.h - what a sidecar says goes into an extraction. */
#pragma once

#include "extract/document.h"
#include "extract/sidecar.h"

/* Its metadata, before the document is read: of the metadata the first value of a key counts. */
void sidecar_apply_members(const struct sidecar *s, struct document *d);
/* Title and language, behind it. */
void sidecar_apply_fields(const struct sidecar *s, struct document *d);
