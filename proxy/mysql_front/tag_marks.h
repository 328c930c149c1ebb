// Counters behind sabil:tag=...: SABIL PURGE TAG bumps one, and what was filled under the older count is not served.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "cache/base/hash.h"

namespace sabil::proxy::mysql_front {

// Tags share counters (a purge may drop another tag's entries too). Thread-safety: any thread.
class TagMarks {
  public:
    const std::atomic<std::uint32_t>* cell(std::string_view tag) const noexcept { return &cells_[index(tag)]; }
    // The same by number, below cells_count: tags have the same numbers in every process of this build.
    const std::atomic<std::uint32_t>* cell_at(std::uint32_t number) const noexcept { return &cells_[number]; }
    std::uint32_t number(const std::atomic<std::uint32_t>* cell) const noexcept {
        return static_cast<std::uint32_t>(cell - cells_.data());
    }
    void purge(std::string_view tag) noexcept { cells_[index(tag)].fetch_add(1, std::memory_order_acq_rel); }

    static constexpr std::size_t cells_count = 4096;

  private:
    static std::size_t index(std::string_view tag) noexcept { return hash_bytes(tag) % cells_count; }
    std::array<std::atomic<std::uint32_t>, cells_count> cells_{};
};

}  // namespace sabil::proxy::mysql_front
