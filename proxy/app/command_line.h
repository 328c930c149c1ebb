// What the command line asks for. Thread-safety: a value type.
#pragma once

#include <string>
#include <vector>

#include "cache/base/result.h"
#include "proxy/app/config_reader.h"

namespace sabil::proxy::app {

struct CommandLine {
    enum class Action : std::uint8_t { serve, serve_redis, check, explain, version, help } action = Action::serve;
    std::string file;                      // empty: none given
    std::string statement;                 // of explain
    Overrides overrides;                   // --section.key VALUE
    std::vector<std::string> redis_flags;  // of serve_redis: "--port", "7000", ...
};

// arguments: without the program's name. Errors: one sentence; the exit code is then 2.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);

// What --help prints: at most 24 lines of 80 columns.
const char* help_text() noexcept;

}  // namespace sabil::proxy::app
