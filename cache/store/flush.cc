#include <memory>
#include <utility>

#include "cache/store/keyspace_internals.h"

namespace sabil::cache {
namespace {

std::uint64_t flush_table(Slice& slice, unsigned database, LazyFreeQueue* background) {
    auto* table = slice.table_if(database);
    if (table == nullptr || table->keys.get() == 0) return 0;
    const auto visible = table->keys.get() - table->absent_keys.get();
    auto gone = std::make_unique<EntryIndex>();
    gone->swap(table->index);
    table->clear_counts();
    if (background != nullptr) {
        background->free(std::move(gone));
    } else {
        gone->for_each_slot([](EntryIndex::Slot slot) { EntryBuilder::destroy(slot.item()); });
    }
    return visible;
}

}  // namespace

std::uint64_t Keyspace::flush(std::optional<unsigned> database, bool in_background) {
    auto* background = in_background && tunables_.free_in_background ? &internals_->lazy_free : nullptr;
    const auto first = database.value_or(0);
    const auto last = database ? *database + 1 : options_.databases_count;
    std::uint64_t keys = 0;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        assert(slices_[i].lock.held_by_this_thread());
        for (auto index = first; index < last; ++index) keys += flush_table(slices_[i], index, background);
    }
    if (observer_ != nullptr) observer_->flushed(database);
    return keys;
}

void Keyspace::swap_databases(unsigned first, unsigned second) {
    if (first == second) return;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        auto& slice = slices_[i];
        assert(slice.lock.held_by_this_thread());
        if (slice.table_if(first) == nullptr && slice.table_if(second) == nullptr) continue;
        slice.table(first).swap(slice.table(second));
        if (auto* fifo = slice.fifo_if())
            fifo->swap_databases(static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(second));
    }
    if (observer_ != nullptr) observer_->swapped(first, second);
}

}  // namespace sabil::cache
