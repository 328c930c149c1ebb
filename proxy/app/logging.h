// The log: to standard error, one line per event, plain or JSON. Standard output is kept for the start-up lines
// (and, started as redis-server, for the log).
#pragma once

#include <string>

#include <memory>
#include "cache/base/result.h"

#include "proxy/app/config.h"
#include "proxy/observe/event_log.h"

namespace sabil::proxy::app {

// own: to standard error. redis: the lines of redis-server's log, to standard output, for whatever reads that.
enum class LogLines { own, redis };

// The system's log, beside the lines: redis.conf's syslog-enabled, -ident and -facility.
struct SystemLog {
    bool enabled = false;
    std::string ident;
    std::string facility;  // "user", "local0" .. "local7"; anything else is local0
};

// Call once, before any thread logs. file: empty for the standard stream. Errors: io, where the file cannot be opened.
Result<void> start_logging(const LogConfig& config, LogLines lines, const std::string& file, const SystemLog& system);
// At run time (SIGHUP). Thread-safety: any thread.
void set_log_level(LogLevel level);

// Warnings and errors of the log become events too. Before any thread logs. The sink goes with the logger.
void copy_log_to(std::shared_ptr<observe::EventLog> events);

}  // namespace sabil::proxy::app
