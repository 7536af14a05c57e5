/* doctor_ocr.c - whether workers can read text from pictures, if they are asked to: tesseract is
 * there, and the data of each language are where it looks for them.
 */
#include "cli/doctor.h"

#include "base/ocr_data.h"

#include <limits.h>

static const char check[] = "ocr";

static bool is_built(void)
{
    char path[PATH_MAX];

    return ocr_module_path(path, sizeof(path)) == 0;
}

static void tell_missing(struct doctor *d, const char *why)
{
    doctor_add(d, FINDING_FAIL, check, "%s", why);
    if (is_built())
        doctor_remedy(d, "install the Debian packages tesseract-ocr-LANGUAGE, or name their folder "
                         "in PENSTOCK_OCR_DATA; or set PENSTOCK_OCR=off");
    else
        doctor_remedy(d, "build it with libtesseract-dev and libleptonica-dev, or set "
                         "PENSTOCK_OCR=off");
}

void doctor_check_ocr(struct doctor *d)
{
    struct reason why = {""};

    if (settings_number(d->settings, SETTING_OCR) == OCR_OFF)
        doctor_add(d, FINDING_OK, check, "off: scans and pictures are stored without their text%s",
                   is_built() ? " (PENSTOCK_OCR=on)" : "");
    else if (ocr_check(d->settings, &why) != 0)
        tell_missing(d, why.text);
    else
        doctor_add(d, FINDING_OK, check, "on: the data of %s are there",
                   settings_text(d->settings, SETTING_OCR_LANGUAGES));
}
