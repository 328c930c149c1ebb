// What a running script may do to the world; the interpreter knows nothing else of the server.
#pragma once

#include "proxy/resp/args.h"
#include "proxy/resp/output_buffer.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sabil::proxy::resp::scripting {

enum class LogLevel : std::uint8_t { debug, verbose, notice, warning };

// Thread-safety: the thread that runs the script.
class ScriptHost {
  public:
    virtual ~ScriptHost() = default;
    // Runs a command and writes exactly one reply, an error included, in the protocol version the script chose.
    virtual void call(Args args, OutputBuffer& out, int resp_version) = 0;
    // May the script's user run this command on these keys? Nothing where the command does not exist.
    virtual std::optional<bool> permits(Args args) = 0;
    virtual void log(LogLevel level, std::string_view text) = 0;
    // Asked every few thousand instructions; the reason to stop ("Script killed by user with SCRIPT KILL..."), or empty.
    virtual std::string_view stop_reason() noexcept = 0;
};

}  // namespace sabil::proxy::resp::scripting
