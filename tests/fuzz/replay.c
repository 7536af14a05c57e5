/* replay.c - runs a target over the files of a folder, in order of their names: the corpus as an
 * ordinary test. A folder without a file fails. */
#include "fuzz.h"

#include <dirent.h>

static uint8_t *read_file(const char *path, size_t *ret_size)
{
    FILE *f = fopen(path, "rb");
    uint8_t *bytes;
    long size;

    REQUIRE(f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0);
    bytes = malloc((size_t)size + 1);
    REQUIRE(bytes && fseek(f, 0, SEEK_SET) == 0);
    REQUIRE(fread(bytes, 1, (size_t)size, f) == (size_t)size);
    (void)fclose(f);
    *ret_size = (size_t)size;
    return bytes;
}

static void run_file(const char *path)
{
    size_t size;
    uint8_t *bytes = read_file(path, &size), *exact = fuzz_copy(bytes, size);

    free(bytes);
    (void)printf("%s\n", path); /* the last one named is the one that ended the process */
    (void)fflush(stdout);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **list;
    char path[4096];
    int n;

    REQUIRE(argc == 2);
    n = scandir(argv[1], &list, is_visible, alphasort);
    REQUIRE(n > 0);
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 0; i < n; i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", argv[1], list[i]->d_name);
        run_file(path);
        free(list[i]);
    }
    free(list);
    return 0;
}
