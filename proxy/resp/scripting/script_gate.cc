#include "proxy/resp/scripting/script_gate.h"

#include <algorithm>

namespace sabil::proxy::resp::scripting {

void ScriptGate::begin(Kind kind, std::string_view name, std::vector<std::string> command) {
    std::lock_guard lock(mutex_);
    current_ = {kind, std::string(name), std::move(command), {}};
    since_ = std::chrono::steady_clock::now();
    is_function_.store(kind == Kind::function, std::memory_order_relaxed);
    wrote_.store(false, std::memory_order_relaxed);
    kill_.store(false, std::memory_order_relaxed);
    running_.store(true, std::memory_order_release);
}

void ScriptGate::end() {
    {
        std::lock_guard lock(mutex_);
        running_.store(false, std::memory_order_release);
    }
    idle_.notify_all();
}

bool ScriptGate::wait_until_idle(std::chrono::milliseconds threshold, std::chrono::milliseconds patience) {
    constexpr int spins = 2'000;  // some microseconds: most scripts take no longer
    for (int i = 0; i < spins; ++i) {
        if (!running()) return true;
    }
    std::unique_lock lock(mutex_);
    const auto idle = [this] { return !running_.load(std::memory_order_relaxed); };
    if (idle()) return true;
    auto until = std::chrono::steady_clock::now() + patience;
    if (threshold.count() != 0) until = std::min(until, since_ + threshold);
    return idle_.wait_until(lock, until, idle);
}

bool ScriptGate::runs_longer_than(std::chrono::milliseconds threshold) const {
    if (!running() || threshold.count() == 0) return false;
    std::lock_guard lock(mutex_);
    return std::chrono::steady_clock::now() - since_ >= threshold;
}

std::string_view ScriptGate::stop_reason() const noexcept {
    if (shutting_down_.load(std::memory_order_relaxed)) return "Script killed by the server's shutdown.";
    if (!kill_.load(std::memory_order_relaxed)) return {};
    return is_function_.load(std::memory_order_relaxed) ? "Script killed by user with FUNCTION KILL."
                                                        : "Script killed by user with SCRIPT KILL.";
}

std::string_view ScriptGate::kill(Kind kind) {
    std::lock_guard lock(mutex_);
    if (!running_.load(std::memory_order_relaxed)) return "NOTBUSY No scripts in execution right now.";
    if (current_.kind != kind) return busy_error();
    if (wrote_.load(std::memory_order_relaxed))
        return "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait "
               "the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.";
    kill_.store(true, std::memory_order_relaxed);
    return {};
}

bool ScriptGate::current(Current& found) const {
    std::lock_guard lock(mutex_);
    if (!running_.load(std::memory_order_relaxed)) return false;
    found = current_;
    found.running_for =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - since_);
    return true;
}

std::string_view ScriptGate::busy_error() const noexcept {
    return is_function_.load(std::memory_order_relaxed)
               ? "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE."
               : "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
}

}  // namespace sabil::proxy::resp::scripting
