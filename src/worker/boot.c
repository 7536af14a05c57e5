/* boot.c - what a worker does before its first document: it becomes what it is to be for others (name,
 * signals, page), and, when its settings have come, loads what its libraries load lazily and locks the
 * door behind it.
 */
#include "worker/worker.h"

#include "base/log.h"
#include "base/ocr_data.h"
#include "base/process.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A command that runs a worker by itself (`penstock extract`) gives it no page. */
static int find_page(struct worker *w)
{
    static struct worker_page own;
    int r = stats_inherit(FD_WORKER_STATS, (int)w->slot, &w->stats);

    w->page = r == 0 ? stats_worker(&w->stats, w->slot) : &own;
    w->document.progress = w->beside.file.progress = w->folder.file.progress = &w->page->progress;
    return r == -EBADF ? 0 : r;
}

/* What a terminal or a service manager sends to all processes is the supervisor's business; SIGPIPE
 * and SIGXFSZ (the log is a file, see sandbox.c) would hide what the exit code says. */
static void ignore_signals(void)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXFSZ};

    for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
        (void)signal(ignored[i], SIG_IGN);
    (void)signal(SIGPROF, SIG_DFL); /* budget_begin() */
}

int worker_boot(struct worker *w, const char *slot, char *user)
{
    static char role[16];
    char name[16];
    int r;

    w->slot = (unsigned)strtoul(slot, NULL, 10);
    w->beside.fd = w->folder.fd = -1;
    (void)snprintf(role, sizeof(role), "worker%u", w->slot);
    (void)snprintf(name, sizeof(name), "penstock:w%u", w->slot % STATS_MAX_WORKERS);
    log_set_role(role);
    process_set_name(name);
    ignore_signals();
    if (process_bind_to_parent(process_maker_of(FD_WORKER_INTAKE), SIGKILL) != 0)
        return -ESRCH;
    frame_reader_init(&w->intake, FD_WORKER_INTAKE, WIRE_MAX_BYTES);
    frame_reader_init(&w->pool, FD_WORKER_POOL, WIRE_MAX_BYTES);
    r = settings_init(&w->settings);
    if (r == 0 && user) {
        r = cage_read_user(user, &w->user);
        memset(user, 0, strlen(user)); /* `ps` has a column for it */
    }
    return r == 0 ? find_page(w) : r;
}

void worker_prepare(struct worker *w)
{
    char module[PATH_MAX] = "";
    const bool reads_pictures = settings_number(&w->settings, SETTING_OCR) == OCR_ON &&
                                ocr_module_path(module, sizeof(module)) == 0;
    const struct extract_limits limits = {
        .max_text_bytes = (size_t)settings_number(&w->settings, SETTING_MAX_TEXT_BYTES),
        .max_depth = (unsigned)settings_number(&w->settings, SETTING_MAX_DEPTH),
        .max_pages = (unsigned)settings_number(&w->settings, SETTING_MAX_PAGES),
        .max_parts = (unsigned)settings_number(&w->settings, SETTING_MAX_PARTS),
        .max_part_depth = (unsigned)settings_number(&w->settings, SETTING_MAX_PART_DEPTH),
        .max_unpacked_bytes = (uint64_t)settings_number(&w->settings, SETTING_MAX_UNPACKED_BYTES),
        .detect_language = settings_number(&w->settings, SETTING_DETECT_LANGUAGE) != 0,
        .ocr =
            {
                .module = reads_pictures ? module : "",
                .on = settings_number(&w->settings, SETTING_OCR) == OCR_ON,
                .languages = settings_text(&w->settings, SETTING_OCR_LANGUAGES),
                .folder = settings_text(&w->settings, SETTING_OCR_DATA),
                .max_picture_bytes =
                    (uint64_t)settings_number(&w->settings, SETTING_MAX_MEMORY) / 8 * 3,
            },
        .progress = &w->page->progress,
    };
    struct reason why = {0};
    unsigned layers;
    int r = extract_open(&limits, &w->extractor, &why);

    if (r == 0 && settings_split(&w->settings, &w->split_kinds) != 0)
        worker_quit(WORKER_EXIT_PROTOCOL, "PENSTOCK_SPLIT is no list of kinds", 0);
    if (r == 0)
        r = document_prepare();
    if (r == 0)
        r = sandbox_enter(&w->settings, &w->user, &layers, &why);
    if (r != 0)
        worker_quit(WORKER_EXIT_START, why.text, r);
    atomic_store_explicit(&w->page->layers, layers, memory_order_relaxed);
}
