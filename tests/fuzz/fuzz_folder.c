/* fuzz_folder.c - any bytes as the meta.json of a folder. What is listed lies below the folder, each
 * file once and in order; what is refused is refused with a reason; and a list is JSON for jansson,
 * too. */
#include "second_opinion.h"

#include "base/utf8.h"
#include "extract/folder.h"

#define MAX_FILES 20

static void check_path(const char *path)
{
    size_t n = strlen(path);

    REQUIRE(n > 0 && n <= FOLDER_MAX_PATH_BYTES && path[0] != '/' && path[n - 1] != '/');
    REQUIRE(utf8_valid_prefix(path, n) == n);
    REQUIRE(strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0 && !strstr(path, "/../") &&
            !strstr(path, "//"));
    REQUIRE(n < 3 || strcmp(path + n - 3, "/..") != 0);
}

static void check_files(const struct folder_list *l)
{
    for (size_t i = 0; i < l->n_files; i++) {
        const struct folder_file *a = &l->files[i];

        check_path(a->path);
        REQUIRE(utf8_valid_prefix(a->type, sizeof(a->type)) == strlen(a->type));
        for (size_t k = i + 1; k < l->n_files; k++) {
            const struct folder_file *b = &l->files[k];

            REQUIRE(strcmp(a->path, b->path) != 0);
            REQUIRE(a->has_order >= b->has_order);
            REQUIRE(a->has_order > b->has_order || a->order < b->order ||
                    (a->order == b->order && a->position < b->position));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct folder_list l;
    static struct sidecar s;
    struct reason why = {""};
    char *copy = fuzz_copy(data, size);
    int r = folder_list_read(&l, copy, size, MAX_FILES, &why);

    REQUIRE(r == 0 || r == FOLDER_NONE || (r == FOLDER_WRONG && why.text[0]));
    REQUIRE(utf8_valid_prefix(why.text, strlen(why.text)) == strlen(why.text));
    REQUIRE(l.n_files <= MAX_FILES && (r != 0 || l.n_files > 0) &&
            (r != FOLDER_NONE || l.n_files == 0));
    check_files(&l);
    if (r == 0) {
        REQUIRE(is_valid_json(copy, size) || (uint8_t)copy[0] == 0xef);
        r = sidecar_read_folder(&s, copy, size, &why);
        REQUIRE(r == 0 || (r == SIDECAR_WRONG && why.text[0]));
    }
    free(copy);
    return 0;
}
