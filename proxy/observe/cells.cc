#include "proxy/observe/cells.h"

#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

namespace sabil::proxy::observe {
namespace {

struct Blocks {
    std::mutex mutex;
    std::vector<CellBlock*> all;
    std::vector<CellBlock*> idle;  // of threads that ended
    Cell next = 1;
};

// Never destroyed: threads may still count while the process ends.
Blocks& blocks() {
    static auto* instance = new Blocks;
    return *instance;
}

struct Lease {
    CellBlock* block = nullptr;
    ~Lease() {
        if (block == nullptr) return;
        detail::thread_block = nullptr;
        auto& b = blocks();
        std::lock_guard lock(b.mutex);
        b.idle.push_back(block);
    }
};

}  // namespace

namespace detail {

thread_local CellBlock* thread_block = nullptr;

CellBlock* adopt_block() noexcept {
    static thread_local Lease lease;
    auto& b = blocks();
    std::lock_guard lock(b.mutex);
    if (b.idle.empty()) {
        // calloc leaves untouched pages unmapped; all-zero bytes are zero atomics.
        auto* raw = std::calloc(1, sizeof(CellBlock));
        if (raw == nullptr) std::abort();
        b.all.push_back(static_cast<CellBlock*>(raw));
        thread_block = b.all.back();
    } else {
        thread_block = b.idle.back();
        b.idle.pop_back();
    }
    lease.block = thread_block;
    return thread_block;
}

}  // namespace detail

Cell reserve_cells(std::size_t n) noexcept {
    auto& b = blocks();
    std::lock_guard lock(b.mutex);
    if (n > max_cells - b.next) return 0;
    auto first = b.next;
    b.next += static_cast<Cell>(n);
    return first;
}

std::uint64_t read_cell(Cell cell) noexcept {
    auto& b = blocks();
    std::lock_guard lock(b.mutex);
    std::uint64_t sum = 0;
    for (auto* block : b.all) sum += block->values[cell].load(std::memory_order_relaxed);
    return sum;
}

}  // namespace sabil::proxy::observe
