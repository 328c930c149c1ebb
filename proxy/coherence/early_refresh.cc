#include "proxy/coherence/early_refresh.h"

#include <cmath>
#include <random>

namespace sabil::proxy {
namespace {

double draw() noexcept {  // in (0, 1]
    thread_local std::uint64_t state = (std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()) | 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (static_cast<double>(state >> 11) + 1.0) * 0x1.0p-53;
}

}  // namespace

bool draws_early_refresh(std::chrono::nanoseconds left, std::chrono::nanoseconds cost) noexcept {
    return static_cast<double>(left.count()) <= -std::log(draw()) * static_cast<double>(cost.count());
}

}  // namespace sabil::proxy
