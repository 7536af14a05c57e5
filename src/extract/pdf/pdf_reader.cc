/* pdf_reader.cc - poppler behind a C interface; its other files are pdf_*.cc.
 *
 * Poppler's own classes (libpoppler-private-dev), those that pdftotext is made of, because its
 * bindings lose text: the GLib one reads a page as a mouse would select it (words of tables stick
 * together, nothing outside the crop box), the C++ one knows neither comments nor fields of forms,
 * languages or repairs. Text is therefore what pdftotext gives, from the whole sheet.
 *
 * No text is drawn, so no font is looked for: poppler would ask fontconfig, which reads half the
 * file system, only to make up the appearance of a field or a comment that has none. Such are not
 * drawn here (pdf_may_draw()); their text is read from their dictionaries (pdf_notes.cc). For the same
 * reason poppler is not shown the form: it would load the tree of its fields, in a time that grows
 * with the square of its depth.
 *
 * Memory: poppler throws or aborts when there is none. What it throws ends here as -ENOMEM; what it
 * aborts ends the worker. One thread: poppler's settings are one a process.
 */
#include "extract/pdf/pdf_objects.h"

#include <Error.h>
#include <ErrorCodes.h>
#include <GlobalParams.h>
#include <Page.h>
#include <TextOutputDev.h>

#include <climits>
#include <new>

namespace
{

/* Putting the words of a page in order takes time that grows faster than their number; above this
 * the page is read as it was written. A page of a telephone book has 20,000. */
constexpr int max_ordered_chars = 200000;
constexpr int max_chars = 4000000;

/* Where a piece of text goes. */
struct sink {
    pdf_take_text take;
    void *user;
};

void put(void *stream, const char *text, int n)
{
    const sink *s = static_cast<const sink *>(stream);

    if (n > 0)
        s->take(s->user, text, static_cast<size_t>(n));
}

/* What may end a page. */
struct progress {
    pdf_go_on go_on;
    void *user;
    bool stopped;
};

bool may_go_on(progress *p)
{
    if (!p->stopped)
        p->stopped = !p->go_on(p->user);
    return !p->stopped;
}

/* The text of one page, in the order of reading or as it was written. A page that has too much for
 * the order of reading ends without any. */
class PageText : public TextOutputDev
{
  public:
    PageText(sink *s, progress *p, bool as_written_)
        : TextOutputDev(put, s, false, 0, as_written_), course(p), as_written(as_written_)
    {
    }

    /* Poppler asks whether it may stop between the operators of a page, but not in a form that is
     * drawn by forms and draws nothing but forms. Those are drawn by the device if it says so: by
     * this one never. */
    bool useDrawForm() override
    {
        return must_stop();
    }

    void drawChar(GfxState *state, double x, double y, double dx, double dy, double origin_x,
                  double origin_y, CharCode code, int n_bytes, const Unicode *u, int n_u) override
    {
        if (is_full())
            return;
        n_chars++;
        TextOutputDev::drawChar(state, x, y, dx, dy, origin_x, origin_y, code, n_bytes, u, n_u);
    }

    void endPage() override
    {
        if (as_written || !is_full())
            TextOutputDev::endPage();
    }

    bool is_full() const
    {
        return n_chars >= (as_written ? max_chars : max_ordered_chars);
    }

    bool must_stop() const
    {
        return is_full() || !may_go_on(course);
    }

  private:
    progress *const course;
    const bool as_written;
    int n_chars = 0;
};

bool must_stop(void *text)
{
    return static_cast<const PageText *>(text)->must_stop();
}

void ignore_error(ErrorCategory, Goffset, const char *)
{
}

bool asks_for_appearances(PDFDoc *doc)
{
    const Object form = pdf_catalog(doc, "AcroForm");
    const Object need = form.isDict() ? form.dictLookup("NeedAppearances") : Object();

    return need.isBool() && need.getBool();
}

int open_document(const char *bytes, size_t size, struct pdf_reader *r)
{
    if (size > INT_MAX)
        return PDF_UNREADABLE;
    r->doc = std::make_unique<PDFDoc>(
        new MemStream(bytes, 0, static_cast<Goffset>(size), Object(objNull)),
        std::optional<GooString>(), std::optional<GooString>(), nullptr,
        [r] { r->was_repaired = true; });
    if (!r->doc->isOk())
        return r->doc->getErrorCode() == errEncrypted ? PDF_LOCKED : PDF_UNREADABLE;
    r->fields_need_appearances = asks_for_appearances(r->doc.get());
    *r->doc->getCatalog()->getAcroForm() = Object(objNull);
    return 0;
}

/* False: the page has too much for this order. */
bool read_page(struct pdf_reader *r, int number, bool as_written, sink *to, progress *p)
{
    PageText text(to, p, as_written);

    r->doc->displayPage(&text, number, 72, 72, 0, true, false, false, must_stop, &text,
                        pdf_may_draw, r);
    return !text.is_full();
}

} // namespace

bool pdf_may_draw(Annot *a, void *data)
{
    const pdf_reader *r = static_cast<const pdf_reader *>(data);

    if (a->getType() == Annot::typeWidget && r->fields_need_appearances)
        return false;
    return !a->getAppearance().isNull();
}

int pdf_reader_init(void)
{
    return pdf_guarded([] {
        if (!globalParams)
            globalParams = std::make_unique<GlobalParams>();
        setErrorCallback(ignore_error); /* it would print what is in the document */
        return 0;
    });
}

int pdf_reader_open(const char *bytes, size_t size, struct pdf_reader **ret)
{
    struct pdf_reader *r = new (std::nothrow) pdf_reader();
    int result;

    if (!r)
        return -ENOMEM;
    result = pdf_guarded([&] { return open_document(bytes, size, r); });
    if (result == 0)
        *ret = r;
    else
        pdf_reader_close(r);
    return result;
}

void pdf_reader_close(struct pdf_reader *r)
{
    delete r;
}

unsigned pdf_reader_n_pages(struct pdf_reader *r)
{
    int n = 0;

    (void)pdf_guarded([&] {
        n = r->doc->getNumPages();
        return 0;
    });
    return n > 0 ? static_cast<unsigned>(n) : 0;
}

bool pdf_reader_was_repaired(const struct pdf_reader *r)
{
    return r->was_repaired;
}

void pdf_reader_version(const struct pdf_reader *r, int *ret_major, int *ret_minor)
{
    *ret_major = r->doc->getPDFMajorVersion();
    *ret_minor = r->doc->getPDFMinorVersion();
}

int pdf_reader_page(struct pdf_reader *r, unsigned number, pdf_take_text take, pdf_go_on go_on,
                    void *user, bool *ret_cut)
{
    sink to = {take, user};
    progress p = {go_on, user, false};

    return pdf_guarded([&] {
        const int n = static_cast<int>(number);

        if (!r->doc->getPage(n))
            return PDF_UNREADABLE;
        *ret_cut = !read_page(r, n, false, &to, &p) && !read_page(r, n, true, &to, &p);
        *ret_cut |= p.stopped;
        return 0;
    });
}
