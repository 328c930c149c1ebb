#include "cache/store/slice.h"

#include <utility>

namespace sabil::cache {
namespace {

template <class T>
void swap_counts(SharedCount<T>& a, SharedCount<T>& b) noexcept {
    const auto was = a.get();
    a.set(b.get());
    b.set(was);
}

void destroy_all(SliceTable& table) noexcept {
    table.index.for_each_slot([](EntryIndex::Slot slot) { EntryBuilder::destroy(slot.item()); });
}

}  // namespace

void SliceTable::count_marked(const Entry& entry, int by) noexcept {
    const auto one = static_cast<std::uint32_t>(by);
    if (entry.has_expiry()) {
        volatile_keys.add(one);
        if (by > 0) note_expiry(*entry.expiry());
    }
    if (const auto* hash = entry.get<Hash>(); hash != nullptr && by > 0) {
        if (const auto next = hash->next_expiry()) note_expiry(*next);
    }
    if (!entry.filled()) return;
    filled_keys.add(one);
    if (entry.type() == ValueType::absent) absent_keys.add(one);
    filled_bytes.add(static_cast<std::uint64_t>(by) * entry.memory_bytes());
}

void SliceTable::clear_counts() noexcept {
    keys.set(0);
    volatile_keys.set(0);
    filled_keys.set(0);
    absent_keys.set(0);
    filled_bytes.set(0);
    earliest_expiry_ms.set(never);
    sweeping.set(false);
}

void SliceTable::swap(SliceTable& other) noexcept {
    index.swap(other.index);
    swap_counts(keys, other.keys);
    swap_counts(volatile_keys, other.volatile_keys);
    swap_counts(filled_keys, other.filled_keys);
    swap_counts(absent_keys, other.absent_keys);
    swap_counts(filled_bytes, other.filled_bytes);
    swap_counts(earliest_expiry_ms, other.earliest_expiry_ms);
    sweeping.set(false);
    other.sweeping.set(false);
}

Slice::~Slice() {
    destroy_all(first_);
    auto* tables = others_.load(std::memory_order_relaxed);
    for (unsigned i = 0; tables != nullptr && i < databases_; ++i) {
        auto* table = tables[i].load(std::memory_order_relaxed);
        if (table == nullptr) continue;
        destroy_all(*table);
        delete table;
    }
    delete[] tables;
}

SliceTable& Slice::make_table(unsigned database) {
    auto* tables = others_.load(std::memory_order_relaxed);
    if (tables == nullptr) {
        tables = new std::atomic<SliceTable*>[databases_]();
        others_.store(tables, std::memory_order_release);
    }
    auto* table = new SliceTable();
    tables[database].store(table, std::memory_order_release);
    return *table;
}

}  // namespace sabil::cache
