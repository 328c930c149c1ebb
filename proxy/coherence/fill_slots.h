// A cap on the fills under way, of each table and in all: after a change of much, misses of many different keys must not
// take the database down, nor those of one table keep all others waiting.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "invalidation/sql/statement.h"

namespace sabil::proxy {

// Thread-safety: any thread. Callbacks run without the lock, on the thread that frees a slot.
class FillSlots : public std::enable_shared_from_this<FillSlots> {
  public:
    struct Limits {
        std::size_t in_all_max = 128;
        std::size_t per_table_max = 64;
        std::size_t waiting_max = 4096;
    };
    // Hashes of the names of the tables that a fill reads.
    using Tables = std::vector<std::uint64_t>;
    static Tables tables_of(const invalidation::sql::Statement& statement, std::string_view default_schema);

    // Held as long as the fill is under way.
    class Slot {
      public:
        Slot(std::shared_ptr<FillSlots> slots, Tables tables) : slots_(std::move(slots)), tables_(std::move(tables)) {}
        ~Slot() { slots_->free(tables_); }
        Slot(const Slot&) = delete;
        Slot& operator=(const Slot&) = delete;

      private:
        std::shared_ptr<FillSlots> slots_;
        Tables tables_;
    };
    using SlotRef = std::shared_ptr<Slot>;
    using Then = std::function<void(SlotRef)>;
    // One who waits; give_up() is true where no slot was, or will be, given.
    class Waiting {
      public:
        bool give_up();

      private:
        friend class FillSlots;
        std::weak_ptr<FillSlots> slots_;
        Tables tables_;
        Then then_;  // empty: answered, or given up
    };

    static std::shared_ptr<FillSlots> create(Limits limits) { return std::shared_ptr<FillSlots>(new FillSlots(limits)); }
    // Null: none is free, or others wait for the same tables.
    SlotRef try_take(const Tables& tables);
    // `then` runs once with a slot, possibly before this returns, or never after give_up(). Null: too many wait already;
    // `then` is dropped.
    std::shared_ptr<Waiting> wait(Tables tables, Then then);
    std::size_t taken() const;

  private:
    explicit FillSlots(Limits limits) : limits_(limits) {}
    bool fits(const Tables& tables) const;
    SlotRef take(const Tables& tables);
    void free(const Tables& tables);

    const Limits limits_;
    mutable std::mutex mutex_;
    std::size_t taken_ = 0;
    std::unordered_map<std::uint64_t, std::size_t> of_table_;
    std::deque<std::shared_ptr<Waiting>> queue_;  // in the order of their coming
};

}  // namespace sabil::proxy
