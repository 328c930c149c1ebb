// Time, injectable. Expiry is wall-clock (clients give Unix times); intervals and freshness are steady.
#pragma once

#include <chrono>

namespace sabil {

using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

// Thread-safety: all implementations may be read from any thread.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual WallTime wall() const noexcept = 0;      // milliseconds since the Unix epoch; may jump
    virtual SteadyTime steady() const noexcept = 0;  // never goes back
};

// The machine's clocks. One instance serves the process.
const Clock& system_clock() noexcept;

// Stands still until told otherwise; for tests. Thread-safety: set and read from one thread.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(WallTime start = WallTime{std::chrono::milliseconds{1'700'000'000'000}}) : wall_(start) {}
    WallTime wall() const noexcept override { return wall_; }
    SteadyTime steady() const noexcept override { return steady_; }
    void advance(std::chrono::milliseconds by) noexcept {
        wall_ += by;
        steady_ += by;
    }
    void set_wall(WallTime t) noexcept { wall_ = t; }

  private:
    WallTime wall_;
    SteadyTime steady_{std::chrono::hours{1}};
};

}  // namespace sabil
