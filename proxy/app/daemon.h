// Leaving the terminal, for redis.conf's `daemonize yes`.
#pragma once

#include <string>

#include "cache/base/result.h"

namespace sabil::proxy::app {

// Forks where `detach`, the parent exiting with 0; writes the process's number to pid_file unless that is empty (a
// detached process without one writes none). Call before any thread. Errors: io.
Result<void> become_daemon(bool detach, const std::string& pid_file);

}  // namespace sabil::proxy::app
