/* pdf_info.cc - what a PDF says of itself: the entries of its information and its catalog, and the
 * packet of XMP; and strings and streams for the other files that know poppler.
 *
 * Strings are PDFDocEncoding or UTF-16 with a mark. In the wild they are UTF-8 as well, with the
 * mark of PDF 2.0 or without any: what is valid UTF-8 and not ASCII is taken as that (pdf_text.c
 * drops the mark).
 */
#include "extract/pdf/pdf_objects.h"

extern "C" {
#include "base/utf8.h"
}

#include <Stream.h>
#include <UTF.h>
#include <XRef.h>

#include <algorithm>

namespace
{

constexpr size_t max_string_bytes = 64 * 1024;

bool is_ascii(const std::string &s)
{
    return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
}

bool is_utf8(const std::string &s)
{
    return !is_ascii(s) && utf8_valid_prefix(s.data(), s.size()) == s.size();
}

std::string encode(const Unicode *u, int n)
{
    std::string to;
    char bytes[4];

    for (int i = 0; i < n; i++) {
        if (u[i] != 0 && u[i] <= 0x10ffff && (u[i] < 0xd800 || u[i] > 0xdfff))
            to.append(bytes, utf8_encode(u[i], bytes));
    }
    return to;
}

} // namespace

std::string pdf_text_string(const std::string &raw)
{
    const std::string s = raw.substr(0, max_string_bytes);
    Unicode *u = nullptr;
    std::string text;
    int n;

    if (is_utf8(s))
        return s;
    n = TextStringToUCS4(s, &u);
    if (n > 0) {
        text = encode(u, n);
        gfree(u);
    }
    return text;
}

void pdf_take_string(const Object &o, pdf_take_text take, void *user)
{
    std::string text;

    if (o.isString())
        text = pdf_text_string(o.getString()->toStr());
    else if (o.isName())
        text = o.getName();
    if (!text.empty())
        take(user, text.data(), text.size());
}

bool pdf_read_stream(Stream *s, size_t max_bytes, std::string *to)
{
    unsigned char piece[4096];
    int n;

    s->reset();
    while ((n = s->doGetChars(sizeof(piece), piece)) > 0 && to->size() <= max_bytes)
        to->append(reinterpret_cast<const char *>(piece), static_cast<size_t>(n));
    s->close();
    if (to->size() <= max_bytes)
        return true;
    to->resize(max_bytes);
    return false;
}

Object pdf_catalog(PDFDoc *doc, const char *key)
{
    const Object catalog = doc->getXRef()->getCatalog();

    return catalog.isDict() ? catalog.dictLookup(key) : Object(objNull);
}

int pdf_reader_info(struct pdf_reader *r, const char *key, pdf_take_text take, void *user)
{
    const int result = pdf_guarded([&] {
        const Object info = r->doc->getDocInfo();

        if (info.isDict())
            pdf_take_string(info.dictLookup(key), take, user);
        return 0;
    });

    return result < 0 ? result : 0;
}

int pdf_reader_catalog(struct pdf_reader *r, const char *key, pdf_take_text take, void *user)
{
    const int result = pdf_guarded([&] {
        pdf_take_string(pdf_catalog(r->doc.get(), key), take, user);
        return 0;
    });

    return result < 0 ? result : 0;
}

int pdf_reader_xmp(struct pdf_reader *r, size_t max_bytes, pdf_take_text take, void *user)
{
    const int result = pdf_guarded([&] {
        const Object metadata = pdf_catalog(r->doc.get(), "Metadata");
        std::string packet;

        if (!metadata.isStream())
            return 0;
        (void)pdf_read_stream(metadata.getStream(), max_bytes, &packet);
        take(user, packet.data(), packet.size());
        return 0;
    });

    return result < 0 ? result : 0;
}
