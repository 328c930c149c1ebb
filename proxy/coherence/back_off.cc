#include "proxy/coherence/back_off.h"

#include <algorithm>

namespace sabil::proxy {

namespace {

// A cell: 16 bits of the key's hash, 8 bits of entries that died unread in a row, 40 bits of the millisecond (of the
// steady clock) at which its pause ends. A lost update costs a later pause.
struct Cell {
    std::uint64_t word = 0;

    static constexpr std::uint64_t time_mask = (std::uint64_t{1} << 40) - 1;
    static std::uint64_t tag_of(std::uint64_t hash) noexcept { return hash >> 48; }
    std::uint64_t tag() const noexcept { return word >> 48; }
    unsigned unread() const noexcept { return static_cast<unsigned>(word >> 40 & 0xff); }
    std::uint64_t until() const noexcept { return word & time_mask; }
    static Cell make(std::uint64_t hash, unsigned unread, std::uint64_t until) noexcept {
        return {tag_of(hash) << 48 | std::uint64_t{unread} << 40 | (until & time_mask)};
    }
};

std::uint64_t milliseconds(SteadyTime at) noexcept {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count());
}

}  // namespace

BackOff::BackOff() : cells_(std::make_unique<std::array<std::atomic<std::uint64_t>, cells_count>>()) {}

void BackOff::died(std::uint64_t key_hash, bool was_read, SteadyTime now) noexcept {
    auto& cell = (*cells_)[key_hash % cells_count];
    const Cell seen{cell.load(std::memory_order_relaxed)};
    const bool same_key = seen.word != 0 && seen.tag() == Cell::tag_of(key_hash);
    if (was_read) {
        if (same_key) cell.store(0, std::memory_order_relaxed);
        return;
    }
    constexpr unsigned doublings_max = 5;
    static_assert(pause_first * (1 << doublings_max) == pause_max);
    const unsigned unread = std::min((same_key ? seen.unread() : 0) + 1, unread_count_max + doublings_max);
    std::uint64_t until = 0;
    if (unread >= unread_count_max) until = milliseconds(now + pause_first * (1 << (unread - unread_count_max)));
    cell.store(Cell::make(key_hash, unread, until).word, std::memory_order_relaxed);
}

bool BackOff::paused(std::uint64_t key_hash, SteadyTime now) const noexcept {
    const Cell seen{(*cells_)[key_hash % cells_count].load(std::memory_order_relaxed)};
    return seen.tag() == Cell::tag_of(key_hash) && milliseconds(now) < seen.until();
}

}  // namespace sabil::proxy
