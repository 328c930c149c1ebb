// The log: to standard error, one line per event, plain or JSON. Standard output is kept for the start-up lines.
#pragma once

#include <string>

#include "cache/base/result.h"
#include "proxy/app/config.h"

namespace sabil::proxy::app {

// Call once, before any thread logs. file: empty for standard error. Errors: io, where the file cannot be opened.
Result<void> start_logging(const LogConfig& config, const std::string& file);
// At run time (SIGHUP). Thread-safety: any thread.
void set_log_level(LogLevel level);

}  // namespace sabil::proxy::app
