/* ocr_engine.cc - tesseract behind a C interface: the one file that knows it.
 *
 * The engine is made with the first page, in the sandbox: of the languages' data it reads what the
 * worker mapped before (FileReader); it opens no file. It stays for the pages and documents that
 * follow, but forgets what it learned from one (the words of the document before).
 *
 * No threads: tesseract asks OpenMP for four whatever the environment says, except where parallel
 * regions may not be nested at all; so that is set, in whatever OpenMP it is linked with. A thread
 * would be the end of the worker, by the filter of system calls.
 *
 * Time: layout analysis has no place to interrupt it and grows with the number of connected
 * components, and of holes in them, faster than they do; so a picture with far more of them than a
 * page has letters is not begun (noise: 12 s of 25 million pixels). Recognition asks `go_on` behind every line.
 *
 * Memory: what is thrown ends here, -ENOMEM mostly, and the engine is made anew; what tesseract
 * aborts ends the worker. One thread, one engine: FileReader is given no context.
 */
#include "extract/ocr/ocr_engine.h"

#include "extract/ocr/ocr_quiet.h"

#include <leptonica/allheaders.h>
#include <tesseract/baseapi.h>
#include <tesseract/ocrclass.h>
#include <tesseract/resultiterator.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

extern "C" void omp_set_max_active_levels(int levels) __attribute__((weak));

struct ocr_engine {
    const struct ocr_data *languages;
    unsigned n;
    std::unique_ptr<tesseract::TessBaseAPI> api; /* empty before the first page */
};

namespace
{

/* A broadsheet has 60,000 letters, and specks. */
constexpr int max_components = 300000;

const ocr_engine *loading; /* for read_data() */

struct quiet {
    FILE *before = ocr_quiet_begin();
    ~quiet()
    {
        ocr_quiet_end(before);
    }
};

struct pix_destroy {
    void operator()(PIX *p) const
    {
        pixDestroy(&p);
    }
};

/* Tesseract asks for "eng.traineddata", perhaps behind a folder; for others as well, when a language
 * names them, and goes on without. */
bool read_data(const char *path, std::vector<char> *data)
{
    const char *slash = std::strrchr(path, '/');
    const std::string name = slash ? slash + 1 : path;

    for (unsigned i = 0; i < loading->n; i++) {
        const ocr_data &l = loading->languages[i];

        if (name == std::string(l.name) + ".traineddata") {
            data->assign(l.bytes, l.bytes + l.size);
            return true;
        }
    }
    return false;
}

bool has_all(const tesseract::TessBaseAPI &api, const ocr_engine &e)
{
    std::vector<std::string> loaded;

    api.GetLoadedLanguagesAsVector(&loaded);
    return std::all_of(e.languages, e.languages + e.n, [&](const ocr_data &l) {
        return std::find(loaded.begin(), loaded.end(), l.name) != loaded.end();
    });
}

int start(ocr_engine *e)
{
    auto api = std::make_unique<tesseract::TessBaseAPI>();
    std::string names;

    if (omp_set_max_active_levels)
        omp_set_max_active_levels(0);
    setMsgSeverity(L_SEVERITY_NONE);
    for (unsigned i = 0; i < e->n; i++)
        names += (i > 0 ? "+" : "") + std::string(e->languages[i].name);
    loading = e;
    if (api->Init("", 0, names.c_str(), tesseract::OEM_LSTM_ONLY, nullptr, 0, nullptr, nullptr,
                  false, read_data) != 0 ||
        !has_all(*api, *e))
        return OCR_UNUSABLE;
    e->api = std::move(api);
    return 0;
}

/* Neighbours at corners do not count: by them noise would be one large component. */
bool has_too_many(PIX *binary)
{
    int n = 0;

    return pixCountConnComp(binary, 4, &n) != 0 || n > max_components;
}

/* With specks, or with holes: both have outlines to follow. */
bool is_crowded(tesseract::TessBaseAPI *api)
{
    const std::unique_ptr<PIX, pix_destroy> binary(api->GetThresholdedImage());

    if (!binary)
        return false;
    const std::unique_ptr<PIX, pix_destroy> holes(pixInvert(nullptr, binary.get()));

    return !holes || has_too_many(binary.get()) || has_too_many(holes.get());
}

bool must_stop(void *data, int)
{
    const ocr_reader *r = static_cast<const ocr_reader *>(data);

    return !r->go_on(r->run);
}

ocr_gap gap_before(const tesseract::ResultIterator &at)
{
    if (at.IsAtBeginningOf(tesseract::RIL_PARA))
        return OCR_GAP_PARAGRAPH;
    return at.IsAtBeginningOf(tesseract::RIL_TEXTLINE) ? OCR_GAP_LINE : OCR_GAP_SPACE;
}

/* In the order of reading; of a page that was stopped, the words so far. */
void take_words(tesseract::TessBaseAPI *api, const ocr_reader &reader)
{
    const std::unique_ptr<tesseract::ResultIterator> at(api->GetIterator());
    ocr_gap gap = OCR_GAP_SPACE;

    if (!at)
        return;
    do {
        const std::unique_ptr<char[]> word(at->GetUTF8Text(tesseract::RIL_WORD));

        gap = std::max(gap, gap_before(*at));
        if (!word || !word[0])
            continue;
        reader.take(reader.text, gap, word.get(), std::strlen(word.get()),
                    at->Confidence(tesseract::RIL_WORD));
        gap = OCR_GAP_SPACE;
    } while (at->Next(tesseract::RIL_WORD));
}

int read_page(ocr_engine *e, raster *page, const ocr_reader &reader)
{
    tesseract::TessBaseAPI *api = e->api.get();
    tesseract::ETEXT_DESC monitor;
    int r = 0;

    api->SetPageSegMode(tesseract::PSM_AUTO);
    api->SetImage(page->grey, static_cast<int>(page->width), static_cast<int>(page->height), 1,
                  static_cast<int>(page->width));
    if (page->dpi > 0)
        api->SetSourceResolution(static_cast<int>(page->dpi));
    raster_done(page);
    if (is_crowded(api))
        r = OCR_CROWDED;
    monitor.cancel = must_stop;
    monitor.cancel_this = const_cast<ocr_reader *>(&reader);
    if (r == 0 && api->Recognize(&monitor) != 0)
        r = OCR_STOPPED;
    if (r != OCR_CROWDED)
        take_words(api, reader);
    api->ClearAdaptiveClassifier();
    api->Clear();
    return r;
}

} // namespace

const char *ocr_engine_version(void)
{
    static const std::string version =
        std::string("tesseract ") + tesseract::TessBaseAPI::Version();

    return version.c_str();
}

struct ocr_engine *ocr_engine_new(const struct ocr_data *languages, unsigned n)
{
    ocr_engine *e = new (std::nothrow) ocr_engine();

    if (e) {
        e->languages = languages;
        e->n = n;
    }
    return e;
}

struct ocr_engine *ocr_engine_free(struct ocr_engine *e)
{
    delete e;
    return nullptr;
}

int ocr_engine_read(struct ocr_engine *e, struct raster *page, const struct ocr_reader *reader)
{
    const quiet hush;

    try {
        const int r = e->api ? 0 : start(e);

        return r == 0 ? read_page(e, page, *reader) : r;
    } catch (const std::bad_alloc &) {
        e->api.reset();
        return -ENOMEM;
    } catch (...) { /* a vector that is asked for what it has not; the words so far are gone */
        e->api.reset();
        return OCR_STOPPED;
    }
}
