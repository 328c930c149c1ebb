#include <utility>

#include "cache/base/heap.h"
#include "cache/store/keyspace_internals.h"

namespace sabil::cache {
namespace {

std::size_t defragment_value(Entry& entry) {
    if (auto* hash = entry.get<Hash>()) return hash->defragment();
    if (auto* set = entry.get<Set>()) return set->defragment();
    if (auto* zset = entry.get<ZSet>()) return zset->defragment();
    if (auto* list = entry.get<List>()) return list->defragment();
    return 0;
}

std::size_t defragment_table(const SliceTable& table) {
    std::size_t moved = 0;
    table.index.for_each_slot([&](EntryIndex::Slot slot) {
        if (heap::worth_moving(slot.item())) {
            slot.set(static_cast<Entry*>(heap::move(slot.item())), slot.marks());
            ++moved;
        }
        moved += defragment_value(*slot.item());
    });
    return moved;
}

}  // namespace

// A round over all slices that moves nothing has won what can be won; the next waits until more is unused than then.
std::size_t Keyspace::defragment(std::chrono::microseconds budget) {
    auto& state = internals_->defragmentation;
    const auto waste = heap::waste();
    if (waste.unused_bytes < state.settled_bytes) state.settled_bytes = waste.unused_bytes;
    const bool due = tunables_.active_defragmentation && waste.unused_bytes > tunables_.defragment_ignore_bytes &&
                     waste.unused_bytes * 100 > waste.slab_bytes * tunables_.defragment_above_percent &&
                     waste.unused_bytes > state.settled_bytes + state.settled_bytes / 10;
    state.running.store(due, std::memory_order_relaxed);
    if (!due) return 0;
    const auto began = clock_.steady();
    const heap::Unpooled unpooled;
    std::size_t moved = 0;
    auto before = state.moved_in_round;  // of which earlier calls have told
    auto now = began;
    for (; now < began + budget; now = clock_.steady()) {
        {
            auto& slice = slices_[state.next_slice];
            std::lock_guard lock(slice.lock);
            for (unsigned database = 0; database <= options_.databases_count; ++database) {
                if (const auto* table = slice.table_if(database)) state.moved_in_round += defragment_table(*table);
            }
        }
        if (++state.next_slice < options_.slices_count) continue;
        state.next_slice = 0;
        moved += state.moved_in_round - before;
        before = 0;
        if (std::exchange(state.moved_in_round, 0) == 0) {
            state.settled_bytes = heap::waste().unused_bytes;
            break;
        }
    }
    moved += state.moved_in_round - before;
    internals_->moved_blocks += moved;
    internals_->defragment_us +=
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - began).count());
    return moved;
}

bool Keyspace::defragmenting() const noexcept {
    return internals_->defragmentation.running.load(std::memory_order_relaxed);
}

}  // namespace sabil::cache
