// Values waiting to be freed off the workers. Bounded: what does not fit is freed by whoever brings it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "cache/store/slice.h"

namespace sabil::cache {

// Thread-safety: any thread.
class LazyFreeQueue {
  public:
    static constexpr std::size_t limit_items = 65'536;

    ~LazyFreeQueue();
    void free(Entry* entry);                         // takes ownership
    void free(std::unique_ptr<EntryIndex> entries);  // and of every entry in it
    std::size_t drain();                             // returns how many items were freed
    std::uint64_t pending() const noexcept { return pending_.load(std::memory_order_relaxed); }
    std::uint64_t freed() const noexcept { return freed_.load(std::memory_order_relaxed); }

  private:
    struct Item {
        Entry* entry = nullptr;
        std::unique_ptr<EntryIndex> entries;
    };
    void push(Item item);
    void destroy(Item& item) noexcept;

    std::mutex mutex_;
    std::deque<Item> items_;
    std::atomic<std::uint64_t> pending_{0};  // entries
    std::atomic<std::uint64_t> freed_{0};
};

}  // namespace sabil::cache
