/* pdf_files.cc - the files that are embedded in a PDF: those of its tree of names, then those that
 * are pinned to pages.
 *
 * The tree is walked here, because poppler's own walk is as deep as the tree. A stream that two
 * names share is handed out once.
 */
#include "extract/pdf/pdf_objects.h"

#include <Dict.h>

#include <algorithm>
#include <set>

namespace
{

constexpr int max_tree_depth = 16;
constexpr int max_tree_nodes = 10000;

struct walk {
    struct pdf_reader *r;
    pdf_room room;
    pdf_take_file take;
    void *user;
    int n_nodes = 0;
    std::set<int> seen = {}; /* numbers of streams */
};

/* The stream of a file specification: the better name of the two first. */
const Object &find_stream(const Object &files)
{
    const Object &unicode = files.dictLookupNF("UF");

    return unicode.isNull() ? files.dictLookupNF("F") : unicode;
}

std::string name_of(const Object &specification)
{
    Object name = specification.dictLookup("UF");

    if (!name.isString())
        name = specification.dictLookup("F");
    return name.isString() ? pdf_text_string(name.getString()->toStr()) : std::string();
}

int take_stream(walk *w, const std::string &name, const Object &stream)
{
    const size_t room = static_cast<size_t>(std::min<uint64_t>(w->room(w->user), SIZE_MAX / 2));
    std::string bytes;
    bool is_whole;

    if (!stream.isStream())
        return 0;
    is_whole = pdf_read_stream(stream.getStream(), room, &bytes);
    return w->take(w->user, name.data(), name.size(), bytes.data(), bytes.size(), !is_whole);
}

int take_file(walk *w, const Object &specification)
{
    const Object files = specification.isDict() ? specification.dictLookup("EF") : Object(objNull);

    if (!files.isDict())
        return 0;
    const Object &reference = find_stream(files);
    if (reference.isRef() && !w->seen.insert(reference.getRefNum()).second)
        return 0;
    return take_stream(w, name_of(specification), reference.fetch(w->r->doc->getXRef()));
}

int walk_tree(walk *w, const Object &node, int depth)
{
    int result = 0;

    if (!node.isDict() || depth > max_tree_depth || ++w->n_nodes > max_tree_nodes)
        return 0;
    const Object names = node.dictLookup("Names"), kids = node.dictLookup("Kids");
    for (int i = 1; result == 0 && names.isArray() && i < names.arrayGetLength(); i += 2)
        result = take_file(w, names.arrayGet(i));
    for (int i = 0; result == 0 && kids.isArray() && i < kids.arrayGetLength(); i++)
        result = walk_tree(w, kids.arrayGet(i), depth + 1);
    return result;
}

} // namespace

int pdf_reader_files(struct pdf_reader *r, pdf_room room, pdf_take_file take, void *user)
{
    walk w = {r, room, take, user};

    return pdf_guarded([&] {
        const Object names = pdf_catalog(r->doc.get(), "Names");
        int result = 0;

        if (names.isDict())
            result = walk_tree(&w, names.dictLookup("EmbeddedFiles"), 0);
        for (size_t i = 0; result == 0 && i < r->pinned.size(); i++)
            result = take_file(&w, r->pinned[i]);
        return result;
    });
}
