// Where counts live: every thread adds to a block of its own, and a scrape sums the blocks. A block outlives its thread
// and is handed to the next one, so no count is lost.
//
// Thread-safety: everything may be called from any thread; add_cell() neither locks nor allocates after a thread's
// first call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sabil::proxy::observe {

inline constexpr std::size_t max_cells = 32768;  // 8 bytes each per thread; pages never written cost nothing

// Index into every block. Cell 0 takes what nobody counts.
using Cell = std::uint32_t;

struct CellBlock {
    std::atomic<std::uint64_t> values[max_cells];
};

namespace detail {
extern thread_local CellBlock* thread_block;
CellBlock* adopt_block() noexcept;
}  // namespace detail

// One writer per block: a plain add is enough, no locked instruction.
inline void add_cell(Cell cell, std::uint64_t n) noexcept {
    auto* block = detail::thread_block != nullptr ? detail::thread_block : detail::adopt_block();
    auto& value = block->values[cell];
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

// The first of n consecutive new cells, all zero; 0 where max_cells are taken. Cells are never given back.
Cell reserve_cells(std::size_t n) noexcept;
// Summed over all threads, modulo 2^64.
std::uint64_t read_cell(Cell cell) noexcept;

}  // namespace sabil::proxy::observe
