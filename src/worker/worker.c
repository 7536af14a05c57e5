/* worker.c - a worker: takes a document's descriptor from the intake, sends text, metadata and hash
 * to the pool, and the search vector with them.
 *
 * One thread, two blocking sockets, no loop: it has one thing to do at a time. It asks for documents
 * ahead (WANT), so that the next ones are in its socket while it works, and of small ones it tells a
 * few at a time (outbox.c). Only the one in its hands can be blamed for its death; which that is its
 * page says. It may die at any moment. When either socket ends, so does it.
 */
#include "worker/worker.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/fd.h"
#include "base/log.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOCUMENTS_AHEAD 16

/* Behind a document up to this size the next one is begun before the peers hear of it. */
#define SMALL_BYTES (64u << 10)

_Noreturn void worker_quit(int exit_code, const char *why, int r)
{
    if (exit_code != WORKER_EXIT_DONE && exit_code != WORKER_EXIT_PEER)
        log_error("worker.exit", F_I64("code", exit_code), F_STR("reason", why),
                  F_STR("error", r ? log_errno_text(r) : NULL));
    exit(exit_code);
}

static void send_hellos(struct worker *w)
{
    const struct message m = {
        .type = MESSAGE_HELLO,
        .hello = {.version = WIRE_VERSION, .role = ROLE_WORKER, .slot = w->slot},
    };

    outbox_to_pool(&w->outbox, &m);
    outbox_to_intake(&w->outbox, &m);
    outbox_send(&w->outbox);
}

void worker_set_stage(struct worker *w, enum worker_stage stage)
{
    atomic_store_explicit(&w->page->stage, (uint32_t)stage, memory_order_relaxed);
}

void worker_send_pool(struct worker *w, const struct message *m)
{
    worker_set_stage(w, STAGE_SEND);
    outbox_to_pool(&w->outbox, m);
    budget_wait_begins(&w->budget);
    outbox_send(&w->outbox);
    budget_wait_ends(&w->budget);
}

void worker_begin_limits(struct worker *w)
{
    budget_begin(&w->budget, &w->settings);
}

static void begin_document(struct worker *w, uint64_t token)
{
    w->token = token;
    w->folder.in_hand = false;
    w->n_parts = 0;
    w->document.changed = false;
    atomic_store_explicit(&w->page->token, token, memory_order_relaxed);
    atomic_store_explicit(&w->page->since_usec, clock_now_usec(), memory_order_relaxed);
    worker_set_stage(w, STAGE_READ);
    worker_begin_limits(w);
}

/* Its token stays on the page until the intake has been told: a death before that is none of its
 * fault, but concerns it. */
static void end_document(struct worker *w)
{
    worker_set_stage(w, STAGE_IDLE);
    atomic_fetch_add_explicit(&w->page->documents, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&w->page->bytes, w->document.byte_size, memory_order_relaxed);
    document_trim(&w->document);
    document_trim(&w->folder.file);
    beside_forget(&w->beside);
}

static struct bytes bytes_of_buf(const struct buf *b)
{
    return (struct bytes){.at = buf_text(b), .n = b->size};
}

void worker_send_result(struct worker *w, const struct message_document *d, uint64_t extract_usec)
{
    const struct extraction *x = &w->extraction;
    const struct sidecar *sidecar = beside_sidecar(&w->beside);
    const struct sidecar *about = w->folder.in_hand ? &w->folder.sidecar : sidecar;
    const struct message m = {
        .type = MESSAGE_RESULT,
        .result =
            {
                .job = d->job,
                .token = d->token,
                .nonce = d->nonce,
                .sha256 = {.at = (const char *)w->document.sha256, .n = sizeof(w->document.sha256)},
                .media_type = bytes_of_str(x->media_type),
                .supported = x->supported,
                .title = bytes_of_buf(&x->title),
                .language = bytes_of_str(x->language),
                .byte_size = w->document.byte_size,
                .extract_usec = extract_usec,
                .metadata = bytes_of_buf(&x->metadata),
                .body = bytes_of_buf(&x->body),
                .draft = bytes_of_buf(&w->search.draft),
                .parts = w->n_parts,
                .has_sidecar = sidecar != NULL,
                .external_id = bytes_of_str(about ? about->external_id : ""),
            },
    };

    outbox_to_pool(&w->outbox, &m);
}

static void receive(struct worker *w, struct frame_reader *reader, enum wire_role sender);

/* Only the pool is heard meanwhile. */
static bool ask_pool(void *user, const struct buf *questions)
{
    struct worker *w = user;
    const struct message m = {.type = MESSAGE_QUESTIONS,
                              .questions = {.list = bytes_of_buf(questions)}};

    worker_set_stage(w, STAGE_ASK);
    outbox_to_pool(&w->outbox, &m);
    budget_wait_begins(&w->budget);
    outbox_send(&w->outbox);
    for (w->answered = false; !w->answered;)
        receive(w, &w->pool, ROLE_POOL);
    budget_wait_ends(&w->budget);
    worker_set_stage(w, STAGE_EXTRACT);
    return w->known;
}

/* A vector that PostgreSQL would have refused is flagged in the metadata. */
static void make_vector(struct worker *w, struct extraction *x)
{
    static const char *const flags[] = {[VECTOR_WHOLE] = NULL,
                                        [VECTOR_WITHOUT_POSITIONS] = "without positions",
                                        [VECTOR_CUT] = "in part"};
    int r =
        search_make_vector(&w->search, x->language, buf_text(&x->body), x->body.size, ask_pool, w);

    if (r < 0)
        worker_quit(WORKER_EXIT_MEMORY, "no memory for a search vector", r);
    if (flags[w->search.extent])
        extraction_flag(x, "search", flags[w->search.extent]);
    if (buf_error(&x->metadata) < 0)
        worker_quit(WORKER_EXIT_MEMORY, "no memory for a document's metadata", -ENOMEM);
}

/* Sends a part as soon as it is read, so that memory holds one. */
int worker_take_part(void *worker, const struct extract_part *part)
{
    struct worker *w = worker;
    struct extraction *x = part->extraction;
    unsigned char sha256[32];

    if (document_hash(part->bytes, part->size, sha256) < 0)
        return -ENOMEM;
    make_vector(w, x);
    const struct message m = {
        .type = MESSAGE_PART,
        .part =
            {
                .token = w->token,
                .number = part->number,
                .parent = part->parent,
                .ordinal = part->ordinal,
                .path = {.at = part->path, .n = part->path_size},
                .sha256 = {.at = (const char *)sha256, .n = sizeof(sha256)},
                .media_type = bytes_of_str(x->media_type),
                .supported = x->supported,
                .title = bytes_of_buf(&x->title),
                .language = bytes_of_str(x->language),
                .byte_size = part->size,
                .metadata = bytes_of_buf(&x->metadata),
                .body = bytes_of_buf(&x->body),
                .draft = bytes_of_buf(&w->search.draft),
            },
    };

    worker_send_pool(w, &m);
    w->n_parts++;
    (void)FAIL_AT(PART_SENT);
    worker_set_stage(w, STAGE_EXTRACT);
    return 0;
}

bool worker_has_time(void *worker)
{
    const struct worker *w = worker;

    return budget_allows(&w->budget);
}

void worker_send_extraction(struct worker *w, const struct message_document *d, uint64_t begun_usec)
{
    make_vector(w, &w->extraction);
    worker_send_result(w, d, clock_now_usec() - begun_usec);
}

static void extract_and_send(struct worker *w, const struct message_document *d)
{
    char name[256];
    const struct extract_input in = {
        .name = name,
        .bytes = w->document.bytes,
        .size = w->document.size,
        .cut_off = w->document.size < w->document.byte_size,
        .sidecar = beside_sidecar(&w->beside),
        .take_part = worker_take_part,
        .has_time = worker_has_time,
        .user = w,
    };
    uint64_t start = clock_now_usec();
    int r;

    bytes_copy(d->name, name, sizeof(name));
    worker_set_stage(w, STAGE_EXTRACT);
    r = extract_document(w->extractor, &in, &w->extraction);
    if (r == 0)
        r = FAIL_AT(EXTRACTED);
    if (r < 0)
        worker_quit(WORKER_EXIT_MEMORY, "no memory for a document's text", r);
    worker_send_extraction(w, d, start);
}

static void put_done(struct worker *w, uint64_t token, int read_error, const char *refusal)
{
    const struct message m = {
        .type = MESSAGE_DONE,
        .done =
            {
                .token = token,
                .changed = read_error == 0 && (w->document.changed || w->beside.changed),
                .refusal = bytes_of_str(refusal),
                .sha256 = {.at = (const char *)w->document.sha256, .n = sizeof(w->document.sha256)},
                .read_errno = -read_error,
            },
    };

    outbox_to_intake(&w->outbox, &m);
}

/* Tells the peers what became of the documents that have come to their end: nobody is to blame from
 * here on. */
static void tell_ends(struct worker *w)
{
    budget_end();
    worker_set_stage(w, STAGE_SEND);
    outbox_send(&w->outbox);
    worker_set_stage(w, STAGE_IDLE);
    atomic_store_explicit(&w->page->token, 0, memory_order_relaxed);
}

/* What may take long does not keep others waiting. */
static bool is_small(const struct worker *w, const struct message_document *d)
{
    return d->size <= SMALL_BYTES && !d->hash_only && !d->list_only && d->files == 0 &&
           !w->split_kinds;
}

static void on_sidecar(struct worker *w, const struct message *m, struct frame *frame)
{
    int fd = frame->fd;

    frame->fd = -1;
    if (!w->started || !beside_take(&w->beside, m->sidecar.token, m->sidecar.size, fd))
        worker_quit(WORKER_EXIT_PROTOCOL, "a sidecar came without its document", 0);
}

static void on_file(struct worker *w, uint64_t token, uint64_t size, int fd)
{
    if (!folder_take(w, token, size, fd))
        worker_quit(WORKER_EXIT_PROTOCOL, "a file came that nobody has asked for", 0);
}

/* As one document. */
static int read_whole(struct worker *w, const struct message_document *d, int fd)
{
    int r = document_read(&w->document, fd, d->size,
                          (uint64_t)settings_number(&w->settings, SETTING_MAX_PARSE_BYTES));

    if (r == 0)
        r = FAIL_AT(READ);
    if (r == 0 && !w->document.changed && !d->hash_only)
        extract_and_send(w, d);
    return r;
}

/* As a folder, as records, or else as one document. Above 0: refused, and why. */
static int read_document(struct worker *w, const struct message_document *d, int fd,
                         struct reason *refusal)
{
    int r = SPLIT_NOT;

    if (d->list_only)
        return folder_tell(w, d, fd, refusal);
    if (d->files > 0)
        return folder_document(w, d, fd, refusal);
    if (w->split_kinds && !d->hash_only)
        r = split_document(w, d, fd);
    return r == SPLIT_NOT ? read_whole(w, d, fd) : r;
}

static void on_document(struct worker *w, const struct message *m, struct frame *frame)
{
    const struct message_document *d = &m->document;
    struct reason refusal = {""};
    int r;

    if (!w->started)
        worker_quit(WORKER_EXIT_PROTOCOL, "a document came before START", 0);
    if (!beside_belongs(&w->beside, d->token))
        worker_quit(WORKER_EXIT_PROTOCOL, "a sidecar came for another document", 0);
    if (w->outbox.n_done > 0 && !is_small(w, d))
        tell_ends(w);
    begin_document(w, d->token);
    (void)FAIL_AT(RECEIVED);
    r = beside_read(&w->beside, &refusal);
    if (r == 0 && !w->beside.changed)
        r = read_document(w, d, frame->fd, &refusal);
    frame->fd = fd_close(frame->fd);
    if (r == -ENOMEM)
        worker_quit(WORKER_EXIT_MEMORY, "no memory for a document's bytes", r);
    put_done(w, d->token, MIN(r, 0), refusal.text);
    end_document(w);
    if (!is_small(w, d) || !outbox_has_room(&w->outbox))
        tell_ends(w);
}

static void on_setting(struct worker *w, const struct message *m)
{
    char name[64], value[1024];
    struct reason why = {0};
    int id;

    bytes_copy(m->setting.name, name, sizeof(name));
    bytes_copy(m->setting.value, value, sizeof(value));
    id = setting_find(name);
    if (id < 0 || settings_set(&w->settings, (enum setting_id)id, value, SOURCE_PARENT, &why) != 0)
        worker_quit(WORKER_EXIT_PROTOCOL, why.text, 0);
}

static void on_start(struct worker *w)
{
    const struct message want = {.type = MESSAGE_WANT};

    if (w->started)
        worker_quit(WORKER_EXIT_PROTOCOL, "START came twice", 0);
    w->started = true;
    worker_prepare(w);
    for (int i = 0; i < DOCUMENTS_AHEAD; i++)
        outbox_to_intake(&w->outbox, &want);
    outbox_send(&w->outbox);
}

static void on_intake_message(struct worker *w, const struct message *m, struct frame *frame)
{
    if (!w->intake_greeted && m->type != MESSAGE_HELLO)
        worker_quit(WORKER_EXIT_PROTOCOL, "the intake did not greet", 0);
    switch (m->type) {
    case MESSAGE_HELLO:
        if (m->hello.version != WIRE_VERSION || m->hello.role != ROLE_INTAKE)
            worker_quit(WORKER_EXIT_PROTOCOL, "the intake is another version", 0);
        w->intake_greeted = true;
        break;
    case MESSAGE_SETTING:
        on_setting(w, m);
        break;
    case MESSAGE_START:
        on_start(w);
        break;
    case MESSAGE_SIDECAR:
        on_sidecar(w, m, frame);
        break;
    case MESSAGE_DOCUMENT:
        on_document(w, m, frame);
        break;
    case MESSAGE_FILE:
        on_file(w, m->file.token, m->file.size, frame->fd);
        frame->fd = -1;
        break;
    case MESSAGE_WITHHELD:
        on_file(w, m->withheld.token, 0, -1);
        break;
    default:
        worker_quit(WORKER_EXIT_PROTOCOL, message_name(m->type), 0);
    }
}

static void on_lexicon(struct worker *w, struct frame *frame)
{
    int fd = frame->fd, r;

    frame->fd = -1;
    r = search_take_lexicon(&w->search, fd);
    if (r < 0)
        log_warn("lexicon.unusable", F_ERR(r)); /* the database makes the vectors */
}

static void on_pool_message(struct worker *w, const struct message *m, struct frame *frame)
{
    if (w->pool_greeted == (m->type == MESSAGE_HELLO))
        worker_quit(WORKER_EXIT_PROTOCOL, "the pool did not greet, or twice", 0);
    switch (m->type) {
    case MESSAGE_HELLO:
        if (m->hello.version != WIRE_VERSION)
            worker_quit(WORKER_EXIT_PROTOCOL, "the pool is another version", 0);
        w->pool_greeted = true;
        break;
    case MESSAGE_LEXICON:
        on_lexicon(w, frame);
        break;
    case MESSAGE_ANSWERED:
        w->answered = true;
        w->known = m->answered.known;
        break;
    case MESSAGE_RECORDED:
        w->recorded = m->recorded.token == w->token;
        w->progress = m->recorded;
        break;
    default:
        worker_quit(WORKER_EXIT_PROTOCOL, message_name(m->type), 0);
    }
}

static void take_frame(struct worker *w, struct frame *frame, enum wire_role sender)
{
    struct message m;

    if (message_decode(frame->data, frame->size, frame->fd >= 0, sender, ROLE_WORKER, &m) < 0)
        worker_quit(WORKER_EXIT_PROTOCOL, "a malformed message came", 0);
    if (sender == ROLE_INTAKE)
        on_intake_message(w, &m, frame);
    else
        on_pool_message(w, &m, frame);
    (void)frame_unref(frame);
}

/* `r`: what frame_read() said, not 0. A frame that is cut off is a peer's death, too. */
static _Noreturn void end_link(enum wire_role sender, int r)
{
    if (r == FRAME_EOF)
        worker_quit(sender == ROLE_INTAKE ? WORKER_EXIT_DONE : WORKER_EXIT_PEER, NULL, 0);
    worker_quit(r == -EMSGSIZE ? WORKER_EXIT_PROTOCOL : WORKER_EXIT_PEER, "a frame is too long", r);
}

static void receive(struct worker *w, struct frame_reader *reader, enum wire_role sender)
{
    struct frame *frame;
    int r = frame_read(reader, &frame);

    if (r != 0)
        end_link(sender, r);
    take_frame(w, frame, sender);
}

void worker_hear_pool(struct worker *w)
{
    receive(w, &w->pool, ROLE_POOL);
}

void worker_send_intake(struct worker *w, const struct message *m)
{
    outbox_to_intake(&w->outbox, m);
    outbox_send(&w->outbox);
}

void worker_hear_intake(struct worker *w)
{
    receive(w, &w->intake, ROLE_INTAKE);
}

static void wait_and_receive(struct worker *w)
{
    struct pollfd fds[] = {
        {.fd = FD_WORKER_POOL, .events = POLLIN},
        {.fd = FD_WORKER_INTAKE, .events = POLLIN},
    };

    if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
        return; /* EINTR */
    if (fds[0].revents)
        receive(w, &w->pool, ROLE_POOL);
    if (fds[1].revents)
        receive(w, &w->intake, ROLE_INTAKE);
}

/* The peers have not heard of all documents yet: the next one is begun before, if it is here. */
static void go_on_or_tell(struct worker *w)
{
    struct frame *frame;
    int r = frame_read_now(&w->intake, &frame);

    if (r == 0) {
        take_frame(w, frame, ROLE_INTAKE);
        return;
    }
    tell_ends(w);
    if (r != FRAME_AGAIN)
        end_link(ROLE_INTAKE, r);
}

int worker_main(int argc, char **argv)
{
    static struct worker w;
    int r;

    if (argc < 3 || argc > 4) {
        fprintf(stderr, "penstock-worker is started by penstock; see `penstock run --help`\n");
        return EXIT_USAGE;
    }
    r = worker_boot(&w, argv[2], argv[3]);
    if (r < 0)
        worker_quit(WORKER_EXIT_START, "boot", r);
    send_hellos(&w);
    for (;;) {
        if (frame_is_ahead(&w.pool))
            receive(&w, &w.pool, ROLE_POOL);
        else if (frame_is_ahead(&w.intake))
            receive(&w, &w.intake, ROLE_INTAKE);
        else if (w.outbox.n_done > 0)
            go_on_or_tell(&w);
        else
            wait_and_receive(&w);
    }
}
