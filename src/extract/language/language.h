/* language.h - what a text is written in, when its document does not say. */
#pragma once

#include "extract/document.h"

/* When the document has no language yet: that of its body, if there is enough text to tell, and no
 * doubt. Then the metadata has "language_source": "detected". */
void language_detect(struct document *d);
