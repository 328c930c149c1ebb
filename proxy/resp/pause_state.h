// CLIENT PAUSE: until when which commands wait.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace sabil::proxy::resp {

// Thread-safety: any thread.
class PauseState {
  public:
    using Time = std::chrono::steady_clock::time_point;
    enum class Scope : std::uint8_t { none, writes, all };

    // Costs one load outside pauses.
    Scope scope() const noexcept {
        auto scope = scope_.load(std::memory_order_relaxed);
        if (scope == Scope::none) return scope;
        return std::chrono::steady_clock::now().time_since_epoch().count() < until_.load(std::memory_order_relaxed)
                   ? scope
                   : Scope::none;
    }
    Time until() const noexcept { return Time(Time::duration(until_.load(std::memory_order_relaxed))); }
    // A pause under way is only made longer and wider.
    void begin(Scope scope, Time until) noexcept {
        auto count = until.time_since_epoch().count();
        if (this->scope() != Scope::none) {
            if (until_.load() > count) count = until_.load();
            if (scope_.load() == Scope::all) scope = Scope::all;
        }
        until_.store(count);
        scope_.store(scope);
    }
    void end() noexcept { scope_.store(Scope::none); }

  private:
    std::atomic<Scope> scope_{Scope::none};
    std::atomic<Time::rep> until_{0};
};

}  // namespace sabil::proxy::resp
