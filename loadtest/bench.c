/* bench.c - what every measuring subcommand begins and ends with; see
 * command.h. */
#include "command.h"

#include "linux_doc.h"
#include "stop.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define POLL_RATE_MSEC  2
#define POLL_BURST_MSEC 20

static int open_corpus(struct bench *b, struct invocation *inv)
{
    struct options *o = &inv->options;
    enum words_source words = WORDS_AUTO;
    struct reason why = {""};
    const struct profile *profile;

    if (!o->profile)
        o->profile = linux_doc_installed() && !o->attach ? "kernel" : "mixed";
    profile = corpus_profile(o->profile);
    while (strcmp(words_source_names[words], o->words) != 0)
        words++;
    if (o->attach && !o->seed_given)
        o->seed = clock_wall_usec();
    if (corpus_open(&b->corpus, profile, words, o->seed, &why) != 0)
        return command_fail(inv, EXIT_FAILED, "%s", why.text);
    if (o->n_documents == 0)
        o->n_documents = corpus_default_count(&b->corpus);
    return 0;
}

static void fill_trial(struct bench *b, const struct options *o)
{
    uint64_t poll_ms = o->poll_ms ? o->poll_ms : o->rate > 0 ? POLL_RATE_MSEC : POLL_BURST_MSEC;

    b->trial = (struct trial_options){
        .corpus = &b->corpus,
        .n_documents = o->n_documents,
        .mode = o->rate > 0 ? DROP_RATE : DROP_BURST,
        .rate = o->rate,
        .n_droppers = (unsigned)o->droppers,
        .max_waiting = o->backlog,
        .poll_usec = poll_ms * USEC_PER_MSEC,
        .patience_usec = o->patience_seconds * USEC_PER_SEC,
        .after = o->after ? o->after : "archive",
        .settings = &b->settings,
        .verify = o->verify,
        .attach = o->attach,
    };
}

int bench_open(struct bench *b, struct invocation *inv)
{
    struct options *o = &inv->options;
    struct place_options where = {.work = o->work, .keep = o->keep, .attach = o->attach};
    struct reason why = {""};
    int r;

    *b = (struct bench){0};
    r = open_corpus(b, inv);
    if (r != 0)
        return r;
    stop_on_signals();
    if (options_settings(o, &b->settings) < 0)
        return command_fail(inv, EXIT_FAILED, "out of memory");
    if (place_open(&b->place, &where, &why) != 0)
        return command_fail(inv, EXIT_FAILED, "%s", why.text);
    b->has_place = true;
    fill_trial(b, o);
    b->report = report_begin(inv->name, o, &b->corpus, &b->place, &why);
    return b->report ? 0 : command_fail(inv, EXIT_FAILED, "%s", why.text);
}

static int publish(struct bench *b, struct invocation *inv, const struct section *const *sections)
{
    struct buf out = BUF_INIT;
    struct reason why = {""};
    int r;

    report_head(b->report, &out);
    for (size_t i = 0; sections[i]; i++)
        report_table(b->report, sections[i], &out);
    (void)fputs(buf_text(&out), stdout);
    (void)fflush(stdout);
    buf_done(&out);
    r = report_write(b->report, sections, &inv->options, &why);
    return r == 0 ? 0 : command_fail(inv, EXIT_FAILED, "%s", why.text);
}

int bench_close(struct bench *b, struct invocation *inv, const struct section *const *sections,
                int code)
{
    struct reason why = {""};

    if (b->report && publish(b, inv, sections) != 0)
        code = EXIT_FAILED;
    if (b->has_place && inv->options.keep)
        command_say("kept: %s", b->place.folder);
    if (b->has_place && place_close(&b->place, &why) != 0)
        code = command_fail(inv, EXIT_FAILED, "%s", why.text);
    corpus_close(&b->corpus);
    settings_list_done(&b->settings);
    json_decref(b->report);
    return code;
}
