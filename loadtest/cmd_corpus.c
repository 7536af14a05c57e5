/* cmd_corpus.c - `penstock-loadtest corpus PROFILE DIR`: the documents alone,
 * as files. */
#include "command.h"

#include <stdio.h>
#include <string.h>

static int write_all(struct invocation *inv, const struct corpus *c, uint64_t n)
{
    uint64_t bytes = 0;
    int r = corpus_write(c, n, inv->arguments[1], NULL, &bytes);

    if (r < 0)
        return command_fail(inv, EXIT_FAILED, "%s: %s", inv->arguments[1], strerror(-r));
    (void)printf("%llu documents, %.1f MB\n", (unsigned long long)n, (double)bytes / 1e6);
    return EXIT_DONE;
}

static int run(struct invocation *inv)
{
    const struct profile *profile = corpus_profile(inv->arguments[0]);
    const struct options *o = &inv->options;
    enum words_source words = WORDS_AUTO;
    struct reason why = {""};
    struct corpus c;
    int code;

    if (!profile)
        return command_fail(inv, EXIT_USAGE, "there is no profile %s", inv->arguments[0]);
    while (strcmp(words_source_names[words], o->words) != 0)
        words++;
    if (corpus_open(&c, profile, words, o->seed, &why) != 0)
        return command_fail(inv, EXIT_FAILED, "%s", why.text);
    code = write_all(inv, &c, o->n_documents ? o->n_documents : corpus_default_count(&c));
    corpus_close(&c);
    return code;
}

const struct command command_corpus = {
    .name = "corpus",
    .arguments = "PROFILE DIR",
    .summary = "write the documents of a profile into a folder",
    .bit = FOR_CORPUS,
    .n_arguments = 2,
    .run = run,
};
