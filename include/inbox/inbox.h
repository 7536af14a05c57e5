/* inbox.h - opening a document beneath its inbox, and nothing else. */
#pragma once

#include "inbox/filing.h"

/* Opens an inbox folder (O_PATH would not do for inotify and renames). */
int inbox_open(const char *path, int *ret_fd) MUST_CHECK;

/* Opens a regular file beneath the inbox for reading: never through a symbolic link, never outside,
 * never blocking, and tells its identity. Look first (inbox_stat()): opening a device can do
 * something to it. INBOX_NOT_REGULAR: it is something else; INBOX_GONE: it
 * is not there (any more); INBOX_BUSY: a writer has it open (fcntl(2) F_SETLEASE, where the file
 * system and our rights allow the question). */
enum { INBOX_NOT_REGULAR = 1, INBOX_GONE = 2, INBOX_BUSY = 3 };
int inbox_open_document(int inbox_fd, const char *path, int *ret_fd,
                        struct file_identity *ret) MUST_CHECK;

/* What a document that is open already is now. INBOX_NOT_REGULAR as above. */
int inbox_stat_open(int fd, struct file_identity *ret) MUST_CHECK;

/* stat without following links. INBOX_GONE, INBOX_NOT_REGULAR as above. */
int inbox_stat(int inbox_fd, const char *path, struct file_identity *ret) MUST_CHECK;
