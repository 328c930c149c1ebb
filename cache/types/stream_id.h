// The identity of a stream's entry: milliseconds and a sequence number, ordered.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace sabil::cache {

struct StreamId {
    std::uint64_t milliseconds = 0;
    std::uint64_t sequence = 0;

    auto operator<=>(const StreamId&) const noexcept = default;
    static constexpr StreamId min() noexcept { return {}; }
    static constexpr StreamId max() noexcept { return {UINT64_MAX, UINT64_MAX}; }
    // The neighbours; the extremes have none and are returned as they are.
    StreamId next() const noexcept {
        if (sequence != UINT64_MAX) return {milliseconds, sequence + 1};
        return milliseconds != UINT64_MAX ? StreamId{milliseconds + 1, 0} : *this;
    }
    StreamId previous() const noexcept {
        if (sequence != 0) return {milliseconds, sequence - 1};
        return milliseconds != 0 ? StreamId{milliseconds - 1, UINT64_MAX} : *this;
    }
    std::string str() const { return std::to_string(milliseconds) + '-' + std::to_string(sequence); }
};

}  // namespace sabil::cache
