/* pdf_objects.h - what the files that know poppler share; C++, for pdf_*.cc only. */
#pragma once

#include "extract/pdf/pdf_reader.h"

#include <Annot.h>
#include <Object.h>
#include <PDFDoc.h>

#include <memory>
#include <string>
#include <vector>

struct pdf_reader {
    std::unique_ptr<PDFDoc> doc;
    bool was_repaired = false;
    bool fields_need_appearances = false; /* what they look like may be out of date */
    std::vector<Object> pinned;           /* file specifications, of pages whose notes were read */
};

/* Runs what may throw. */
template <typename F> int pdf_guarded(F f)
{
    try {
        return f();
    } catch (const std::bad_alloc &) {
        return -ENOMEM;
    } catch (...) { /* poppler asks containers for what is not there, in damaged files */
        return PDF_UNREADABLE;
    }
}

/* Whether an annotation may be drawn; `data` is the reader. Only what has an appearance of its own:
 * for others poppler would look for fonts. */
bool pdf_may_draw(Annot *a, void *data);

/* An entry of the catalog, or null. */
Object pdf_catalog(PDFDoc *doc, const char *key);

/* A text string (ISO 32000-1, 7.9.2.2) in UTF-8. */
std::string pdf_text_string(const std::string &raw);

/* Hands on the text of a string or a name; of anything else nothing. */
void pdf_take_string(const Object &o, pdf_take_text take, void *user);

/* Hands on what a stream has, at most `max_bytes`; false: there is more. */
bool pdf_read_stream(Stream *s, size_t max_bytes, std::string *to);
