/* commands.h - the commands, one a file; command.c has them in a table. */
#pragma once

#include "cli/command.h"

extern const struct command command_run, command_status, command_top, command_search, command_show,
    command_explain, command_failed, command_retry, command_extract, command_migrate,
    command_doctor, command_config;
