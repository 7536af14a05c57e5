/* fixture.c - see fixture.h. */
#include "fixture.h"

#include "store/embedded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void fixture_set(struct fixture *f, enum setting_id id, const char *text)
{
    struct reason why = {0};

    if (settings_set(&f->settings, id, text, SOURCE_COMMAND_LINE, &why) != 0)
        fail_msg("%s", why.text);
}

void fixture_init(struct fixture *f)
{
    (void)snprintf(f->home, sizeof(f->home), "/tmp/penstock-store-XXXXXX");
    assert_non_null(mkdtemp(f->home));
    assert_int_equal(chmod(f->home, 0711), 0);
    assert_int_equal(settings_init(&f->settings), 0);
    fixture_set(f, SETTING_HOME, f->home);
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
                      struct FTW *at UNUSED)
{
    return remove(path);
}

void fixture_done(struct fixture *f)
{
    pid_t pid = embedded_running(&f->settings);

    if (pid > 0)
        (void)kill(pid, SIGQUIT);
    for (int i = 0; pid > 0 && kill(pid, 0) == 0 && i < 500; i++)
        (void)usleep(10000);
    (void)nftw(f->home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    settings_done(&f->settings);
}
