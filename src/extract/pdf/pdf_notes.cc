/* pdf_notes.cc - what stands on a page of a PDF without being drawn: comments, and fields of forms
 * whose appearance the reading program would have to make up.
 *
 * Read from the dictionaries themselves: poppler's own objects for them look for fonts (see
 * pdf_reader.cc), and descend into the tree of fields however deep it is.
 */
#include "extract/pdf/pdf_objects.h"

#include <Dict.h>
#include <Page.h>

#include <algorithm>

namespace
{

constexpr int max_notes = 10000; /* of a page */
constexpr int max_ancestors = 16;
constexpr int max_selected = 1000; /* lines of a list */
constexpr size_t max_pinned = 1000;

enum note_flags { FLAG_HIDDEN = 1 << 1, FLAG_NO_VIEW = 1 << 5, FIELD_PASSWORD = 1 << 13 };

struct notes {
    struct pdf_reader *r;
    pdf_take_text take;
    void *user;
};

/* The subtypes that are comments (ISO 32000-1, 12.5.6.2). */
bool is_comment(const Object &subtype)
{
    static const char *const names[] = {
        "Text",      "FreeText",  "Line",           "Square", "Circle", "Polygon",
        "PolyLine",  "Highlight", "Underline",      "Stamp",  "Caret",  "Ink",
        "StrikeOut", "Squiggly",  "FileAttachment", "Sound",  "Redact",
    };

    return subtype.isName() && std::any_of(std::begin(names), std::end(names),
                                           [&](const char *name) { return subtype.isName(name); });
}

bool has_appearance(const Object &note)
{
    const Object all = note.dictLookup("AP");

    return all.isDict() && !all.dictLookup("N").isNull();
}

int flags_of(const Object &o, const char *key)
{
    const Object flags = o.dictLookup(key);

    return flags.isInt() ? flags.getInt() : 0;
}

/* An entry of a field, or of the nearest of those above it that has one. */
Object inherited(const Object &field, const char *key)
{
    Object at = field.copy(), value;

    for (int i = 0; i < max_ancestors && at.isDict(); i++) {
        value = at.dictLookup(key);
        if (!value.isNull())
            return value;
        at = at.dictLookup("Parent");
    }
    return Object(objNull);
}

/* The text of a field; the lines that are chosen in a list. */
void take_field(const notes &n, const Object &field)
{
    const Object type = inherited(field, "FT"), flags = inherited(field, "Ff");
    const bool is_password = flags.isInt() && (flags.getInt() & FIELD_PASSWORD);
    Object value;

    if (!(type.isName("Tx") && !is_password) && !type.isName("Ch"))
        return;
    value = inherited(field, "V");
    if (value.isString())
        pdf_take_string(value, n.take, n.user);
    for (int i = 0; value.isArray() && i < std::min(value.arrayGetLength(), max_selected); i++)
        pdf_take_string(value.arrayGet(i), n.take, n.user);
}

void take_note(const notes &n, const Object &note)
{
    const Object subtype = note.dictLookup("Subtype");
    const int flags = flags_of(note, "F");
    const bool is_drawn = has_appearance(note);

    if (flags & FLAG_HIDDEN)
        return;
    if (subtype.isName("Widget")) {
        if (!(flags & FLAG_NO_VIEW) && (!is_drawn || n.r->fields_need_appearances))
            take_field(n, note);
        return;
    }
    if (!is_comment(subtype))
        return;
    if (!(subtype.isName("FreeText") && is_drawn))
        pdf_take_string(note.dictLookup("Contents"), n.take, n.user);
    if (subtype.isName("FileAttachment") && n.r->pinned.size() < max_pinned)
        n.r->pinned.push_back(note.dictLookup("FS"));
}

} // namespace

int pdf_reader_notes(struct pdf_reader *r, unsigned number, pdf_take_text take, void *user)
{
    const notes n = {r, take, user};

    return pdf_guarded([&] {
        Page *page = r->doc->getPage(static_cast<int>(number));
        Object all, note;

        if (!page)
            return PDF_UNREADABLE;
        all = page->getAnnotsObject();
        for (int i = 0; all.isArray() && i < std::min(all.arrayGetLength(), max_notes); i++) {
            note = all.arrayGet(i);
            if (note.isDict())
                take_note(n, note);
        }
        return 0;
    });
}
