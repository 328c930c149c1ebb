// What one running command (or transaction, or script) reports while it holds its slices, acted upon right after.
#pragma once

#include "proxy/resp/command_log.h"
#include "proxy/resp/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sabil::proxy::resp {

struct ReadyKey {
    unsigned database = 0;
    std::string key;
};

// Thread-safety: one thread. Reused from command to command, so that it allocates only where something is reported.
struct CommandTrace {
    std::uint64_t client_id = 0;        // who runs the command; NOLOOP of tracking asks
    std::uint32_t changes = 0;          // key changes the store told of
    bool nothing_logged = false;
    std::vector<std::vector<std::string>> log_forms;
    std::vector<CommandLog::Write>* unit = nullptr;  // of the transaction or script that is running
    std::vector<ReadyKey> ready_keys;   // changed keys that clients wait for
    std::optional<BlockRequest> block;  // the command waits

    void begin(std::uint64_t client) noexcept {
        client_id = client;
        changes = 0;
        nothing_logged = false;
        if (!log_forms.empty()) log_forms.clear();
    }

    // The one that runs on this thread; null outside commands (expiry cycle, fills).
    static CommandTrace*& current() noexcept {
        thread_local CommandTrace* trace = nullptr;
        return trace;
    }
};

}  // namespace sabil::proxy::resp
