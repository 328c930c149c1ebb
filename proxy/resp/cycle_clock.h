// Time for statistics, read several times per command: the processor's counter where it runs at a constant rate, else
// the steady clock.
#pragma once

#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace sabil::proxy::resp {

// Thread-safety: any thread.
class CycleClock {
  public:
    static std::uint64_t now() noexcept {
#if defined(__x86_64__)
        return __rdtsc();
#else
        return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
    }
    static std::uint64_t nanoseconds(std::uint64_t cycles) noexcept {
        return static_cast<std::uint64_t>(static_cast<double>(cycles) * nanoseconds_per_cycle());
    }

  private:
    // Measured once, against the steady clock.
    static double nanoseconds_per_cycle() noexcept;
};

}  // namespace sabil::proxy::resp
