/* ocr_data.c - see ocr_data.h. Looks at file names only: whether tesseract can use what lies there,
 * the worker finds out with the first picture.
 *
 * A language's name becomes part of a path, and the worker looks for it before it locks itself in:
 * therefore no other characters than those of tesseract's own names.
 */
#include "base/ocr_data.h"

#include "base/process.h"

#include <ctype.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where distributions and tesseract's own installation put the data. The first that has the file
 * counts; of several versions the newest. */
static const char *const folders[] = {
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
};

int ocr_module_path(char *ret, size_t size)
{
    char path[PATH_MAX];
    int r = process_sibling_program("penstock-ocr.so", path, sizeof(path));

    if (r == 0 && access(path, R_OK) < 0)
        r = -errno;
    if (r == 0 && strlen(path) >= size)
        r = -ENAMETOOLONG;
    if (r == 0)
        memcpy(ret, path, strlen(path) + 1);
    return r;
}

static bool has_name(const struct ocr_languages *list, const char *name)
{
    for (unsigned i = 0; i < list->n; i++)
        if (strcmp(list->names[i], name) == 0)
            return true;
    return false;
}

static bool add_language(struct ocr_languages *list, const char *text, size_t n)
{
    char name[OCR_LANGUAGE_SIZE] = "";

    if (n == 0 || n >= sizeof(name) || list->n == OCR_MAX_LANGUAGES)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return false;
    memcpy(name, text, n);
    if (has_name(list, name))
        return false;
    memcpy(list->names[list->n++], name, sizeof(name));
    return true;
}

int ocr_languages_read(const char *text, struct ocr_languages *ret)
{
    struct ocr_languages list = {.n = 0};

    for (;; text++) {
        size_t n = strcspn(text, "+");

        if (!add_language(&list, text, n))
            return -EINVAL;
        text += n;
        if (*text == '\0')
            break;
    }
    *ret = list;
    return 0;
}

static int path_in(const char *folder, const char *language, char *ret, size_t size)
{
    int n = snprintf(ret, size, "%s/%s.traineddata", folder, language);

    if (n < 0 || (size_t)n >= size)
        return -ENAMETOOLONG;
    return access(ret, R_OK) < 0 ? -ENOENT : 0;
}

int ocr_data_path(const char *folder, const char *language, char *ret, size_t size)
{
    glob_t found = {0};
    int r = -ENOENT;

    if (folder[0])
        return path_in(folder, language, ret, size);
    for (size_t i = 0; i < ARRAY_SIZE(folders) && r != 0; i++) {
        if (glob(folders[i], 0, NULL, &found) == 0)
            for (size_t k = found.gl_pathc; k > 0 && r != 0; k--)
                r = path_in(found.gl_pathv[k - 1], language, ret, size);
        globfree(&found);
    }
    return r;
}

int ocr_check(const struct settings *s, struct reason *why)
{
    const char *folder = settings_text(s, SETTING_OCR_DATA);
    struct ocr_languages list;
    char path[PATH_MAX];
    int wrong = 0;

    if (settings_number(s, SETTING_OCR) == OCR_OFF)
        return 0;
    if (ocr_module_path(path, sizeof(path)) != 0) {
        reason_add(why,
                   "PENSTOCK_OCR is on, but penstock-ocr.so is not beside penstock: it was built "
                   "without tesseract");
        return 1;
    }
    if (ocr_languages_read(settings_text(s, SETTING_OCR_LANGUAGES), &list) < 0)
        list.n = 0; /* settings_check() has refused it */
    for (unsigned i = 0; i < list.n; i++) {
        if (ocr_data_path(folder, list.names[i], path, sizeof(path)) == 0)
            continue;
        reason_add(why, "PENSTOCK_OCR is on, but %s.traineddata is not in %s", list.names[i],
                   folder[0] ? folder : "any folder of tesseract's packages");
        wrong = 1;
    }
    return wrong;
}
