// Which script runs now, and for how long: what other clients are told while it takes too long, and how it is stopped.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp::scripting {

// Thread-safety: all functions from any thread. A script holds every slice, so one runs at a time.
class ScriptGate {
  public:
    enum class Kind : std::uint8_t { eval, function };

    // Around a run. `command` is what FUNCTION STATS shows.
    void begin(Kind kind, std::string_view name, std::vector<std::string> command);
    void end();
    // The running script changed data: it can no longer be killed.
    void wrote() noexcept { wrote_.store(true, std::memory_order_relaxed); }

    bool running() const noexcept { return running_.load(std::memory_order_acquire); }
    // Waits until no script runs, the one that runs has done so for `threshold` (0: no such limit), or `patience` is
    // over. True where none runs any more. The caller holds no slice.
    bool wait_until_idle(std::chrono::milliseconds threshold, std::chrono::milliseconds patience);
    // False also where none runs, and where the threshold is 0: no script is too long then.
    bool runs_longer_than(std::chrono::milliseconds threshold) const;
    // For the script's own thread: why it must end; empty while it may go on.
    std::string_view stop_reason() const noexcept;

    // SCRIPT KILL and FUNCTION KILL: what to answer, an error's text or empty for OK.
    std::string_view kill(Kind kind);
    // The server ends: whatever runs must end too.
    void shut_down() noexcept { shutting_down_.store(true, std::memory_order_relaxed); }

    struct Current {
        Kind kind = Kind::eval;
        std::string name;
        std::vector<std::string> command;
        std::chrono::milliseconds running_for{0};
    };
    // False where none runs.
    bool current(Current& found) const;
    // "BUSY ...", by what runs.
    std::string_view busy_error() const noexcept;

  private:
    mutable std::mutex mutex_;
    std::condition_variable idle_;
    Current current_;
    std::chrono::steady_clock::time_point since_{};
    std::atomic<bool> running_{false};
    std::atomic<bool> is_function_{false};
    std::atomic<bool> wrote_{false};
    std::atomic<bool> kill_{false};
    std::atomic<bool> shutting_down_{false};
};

}  // namespace sabil::proxy::resp::scripting
