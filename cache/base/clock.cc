#include "cache/base/clock.h"

namespace sabil {
namespace {

class SystemClock final : public Clock {
  public:
    WallTime wall() const noexcept override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
    SteadyTime steady() const noexcept override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& system_clock() noexcept {
    static const SystemClock clock;
    return clock;
}

}  // namespace sabil
