// Runs a script's commands as its client: within the slices the script holds, under the client's permissions.
#pragma once

#include "proxy/resp/scripting/script_gate.h"
#include "proxy/resp/scripting/script_header.h"
#include "proxy/resp/scripting/script_host.h"

#include <chrono>
#include <optional>

namespace sabil::proxy::resp {
class Reply;
class Session;
struct Command;
}  // namespace sabil::proxy::resp

namespace sabil::proxy::resp::scripting {

// Lives for one run; restores the session at its end. Thread-safety: one thread.
class SessionHost final : public ScriptHost {
  public:
    SessionHost(Session& session, ScriptGate& gate, ScriptFlags flags, bool read_only,
                std::optional<std::chrono::steady_clock::time_point> until = std::nullopt);
    ~SessionHost() override;
    SessionHost(const SessionHost&) = delete;
    SessionHost& operator=(const SessionHost&) = delete;

    void call(Args args, OutputBuffer& out, int resp_version) override;
    std::optional<bool> permits(Args args) override;
    void log(LogLevel level, std::string_view text) override;
    std::string_view stop_reason() noexcept override;

  private:
    bool admit(const Command* command, Args args, Reply& reply);

    Session& session_;
    ScriptGate& gate_;
    ScriptFlags flags_;
    bool read_only_;
    std::optional<std::chrono::steady_clock::time_point> until_;  // the script is stopped then
    bool wrote_ = false;
    // What the session was before.
    unsigned database_index_;
    int resp_version_;
    bool may_block_;
    bool in_script_;
};

}  // namespace sabil::proxy::resp::scripting
