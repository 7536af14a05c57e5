/* package_name.h - names of a package's members; internal to package.c. */
#pragma once

#include "base/err.h"

/* The order of two names; 0: the same name, however it is written. */
int package_name_compare(const char *a, const char *b);

/* The name begins with `prefix`, however both are written. */
bool package_name_has_prefix(const char *name, const char *prefix);
