#include "proxy/resp/cycle_clock.h"

namespace sabil::proxy::resp {
namespace {

double measure() noexcept {
#if defined(__x86_64__)
    using Steady = std::chrono::steady_clock;
    constexpr auto span = std::chrono::milliseconds(10);
    auto began = Steady::now();
    auto cycles_began = CycleClock::now();
    while (Steady::now() - began < span) {
    }
    auto cycles = CycleClock::now() - cycles_began;
    auto elapsed = std::chrono::duration<double, std::nano>(Steady::now() - began).count();
    return elapsed / static_cast<double>(cycles);
#else
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::duration(1)).count();
#endif
}

}  // namespace

double CycleClock::nanoseconds_per_cycle() noexcept {
    static const double value = measure();
    return value;
}

}  // namespace sabil::proxy::resp
