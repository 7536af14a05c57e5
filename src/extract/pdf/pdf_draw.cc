/* pdf_draw.cc - a page of a PDF as grey pixels, for pages that have no text of their own: scans, and
 * pages whose letters are only shapes.
 *
 * Drawn with poppler's Splash, without text that poppler knows as such: such a page has none that can
 * be read, and to draw it poppler would ask fontconfig for fonts, and so open files. Letters of
 * Type 3 fonts are drawings, and are drawn.
 *
 * How fine: when one picture fills most of the page, with its own pixels, since every other size
 * makes letters of a scan worse; halved while that is finer than tesseract needs. Else 300 dots per
 * inch. Never more than a raster may have. Before that the page is gone through once without
 * drawing, which tells whether there is anything on it.
 */
#include "extract/pdf/pdf_objects.h"

#include <GfxState.h>
#include <OutputDev.h>
#include <Page.h>
#include <SplashOutputDev.h>
#include <splash/SplashBitmap.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace
{

constexpr double points_per_inch = 72;
constexpr double usual_dpi = 300, most_dpi = 400, least_dpi = 20;
constexpr double least_share = 0.5; /* of the page, for a picture that fills it */

struct progress {
    pdf_go_on go_on;
    void *user;
    bool stopped;
};

bool must_stop(void *data)
{
    progress *p = static_cast<progress *>(data);

    if (!p->stopped)
        p->stopped = !p->go_on(p->user);
    return p->stopped;
}

/* Looks for what there is to draw, and for the picture that covers most. Forms in forms are the
 * place where else nobody asks whether to go on (PageText in pdf_reader.cc). */
class Look : public OutputDev
{
  public:
    explicit Look(progress *p) : course(p)
    {
    }

    bool useDrawForm() override
    {
        return must_stop(course);
    }
    bool upsideDown() override
    {
        return true;
    }
    bool useDrawChar() override
    {
        return true;
    }
    bool interpretType3Chars() override
    {
        return true;
    }

    void fill(GfxState *) override
    {
        is_drawn = true;
    }
    void eoFill(GfxState *) override
    {
        is_drawn = true;
    }
    void stroke(GfxState *) override
    {
        is_drawn = true;
    }
    void drawImageMask(GfxState *state, Object *ref, Stream *str, int width, int height,
                       bool invert, bool interpolate, bool is_inline) override
    {
        see(state, width, height);
        OutputDev::drawImageMask(state, ref, str, width, height, invert, interpolate, is_inline);
    }
    void drawImage(GfxState *state, Object *ref, Stream *str, int width, int height,
                   GfxImageColorMap *map, bool interpolate, const int *mask,
                   bool is_inline) override
    {
        see(state, width, height);
        OutputDev::drawImage(state, ref, str, width, height, map, interpolate, mask, is_inline);
    }
    void drawMaskedImage(GfxState *state, Object *, Stream *, int width, int height,
                         GfxImageColorMap *, bool, Stream *, int, int, bool, bool) override
    {
        see(state, width, height);
    }
    void drawSoftMaskedImage(GfxState *state, Object *, Stream *, int width, int height,
                             GfxImageColorMap *, bool, Stream *, int, int, GfxImageColorMap *,
                             bool) override
    {
        see(state, width, height);
    }

    bool is_drawn = false;
    double area = 0; /* of the picture that covers most, in square points */
    double dpi = 0;  /* its own */

  private:
    void see(GfxState *state, int width, int height)
    {
        const double *m = state->getCTM();
        const double w = std::hypot(m[0], m[1]), h = std::hypot(m[2], m[3]);

        is_drawn = true;
        if (!(w > 0 && h > 0) || w * h <= area)
            return;
        area = w * h;
        dpi = std::max(width / w, height / h) * points_per_inch;
    }

    progress *const course;
};

class Draw : public SplashOutputDev
{
  public:
    Draw(SplashColorPtr paper, progress *p)
        : SplashOutputDev(splashModeMono8, 1, false, paper), course(p)
    {
    }

    bool useDrawForm() override
    {
        return must_stop(course);
    }

    void drawChar(GfxState *, double, double, double, double, double, double, CharCode, int,
                  const Unicode *, int) override
    {
    }

  private:
    progress *const course;
};

/* What fits a raster, of a page of so many points. 0: the page is beyond all measure. */
double bounded_dpi(double wanted, double width, double height)
{
    const double w = width / points_per_inch, h = height / points_per_inch;
    const double dpi = std::min(
        {wanted, std::sqrt(RASTER_MAX_PIXELS / (w * h)), RASTER_MAX_SIDE / std::max(w, h)});

    return dpi >= least_dpi ? dpi : 0;
}

double choose_dpi(const Look &look, double width, double height)
{
    double wanted = usual_dpi;

    if (look.area >= least_share * width * height && std::isfinite(look.dpi)) {
        wanted = look.dpi;
        while (wanted > most_dpi)
            wanted /= 2;
    }
    return bounded_dpi(wanted, width, height);
}

int copy_out(const SplashBitmap *from, unsigned dpi, struct raster *ret)
{
    raster to = {};
    const auto *row = from->getDataPtr();

    to.width = static_cast<unsigned>(from->getWidth());
    to.height = static_cast<unsigned>(from->getHeight());
    to.dpi = dpi;
    to.grey = static_cast<unsigned char *>(malloc(static_cast<size_t>(to.width) * to.height));
    if (!to.grey)
        return -ENOMEM;
    for (unsigned y = 0; y < to.height; y++, row += from->getRowSize())
        std::memcpy(to.grey + static_cast<size_t>(y) * to.width, row, to.width);
    *ret = to;
    return 0;
}

/* The whole sheet, as the text is read from it. */
void run(struct pdf_reader *r, OutputDev *to, int number, double dpi, progress *p)
{
    r->doc->displayPage(to, number, dpi, dpi, 0, true, false, false, must_stop, p, pdf_may_draw, r);
}

int draw(struct pdf_reader *r, int number, double dpi, progress *p, struct raster *ret)
{
    SplashColor paper = {0xff};
    Draw device(paper, p);

    device.setVectorAntialias(true);
    device.startDoc(r->doc.get());
    run(r, &device, number, dpi, p);
    if (p->stopped || !device.getBitmap() || !device.getBitmap()->getDataPtr())
        return PDF_UNREADABLE;
    return copy_out(device.getBitmap(), static_cast<unsigned>(std::lround(dpi)), ret);
}

int look_and_draw(struct pdf_reader *r, int number, progress *p, struct raster *ret,
                  bool *ret_drawn)
{
    Page *page = r->doc->getPage(number);
    Look look(p);

    if (!page)
        return PDF_UNREADABLE;
    run(r, &look, number, points_per_inch, p);
    const double dpi = choose_dpi(look, page->getMediaWidth(), page->getMediaHeight());
    if (p->stopped || (look.is_drawn && dpi == 0))
        return PDF_UNREADABLE;
    const int result = look.is_drawn ? draw(r, number, dpi, p, ret) : 0;
    if (result == 0)
        *ret_drawn = look.is_drawn;
    return result;
}

} // namespace

int pdf_reader_draw(struct pdf_reader *r, unsigned number, pdf_go_on go_on, void *user,
                    struct raster *ret, bool *ret_drawn)
{
    progress p = {go_on, user, false};

    return pdf_guarded(
        [&] { return look_and_draw(r, static_cast<int>(number), &p, ret, ret_drawn); });
}
