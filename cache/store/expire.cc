// Active expiry. Every table knows a bound for its earliest expiry, so a slice where nothing is due costs one
// comparison. A slice with something due is swept bucket by bucket: slots carry a mark for entries with an expiry, so
// others are not touched. Hash fields with expiries are due under the same bound.
#include <array>
#include <mutex>

#include "cache/store/database.h"
#include "cache/store/keyspace_internals.h"

namespace sabil::cache {
namespace {

constexpr std::size_t keys_per_lock = 64;  // removed before the lock is given to others for a moment

struct Due {
    std::array<std::string, keys_per_lock> keys;
    std::size_t count = 0;
};

// Sweeps on until keys_per_lock keys are due or the end is reached; true at the end.
bool collect_due(SliceTable& table, WallTime now, Due& due) {
    if (!table.sweeping.get()) {
        table.sweeping.set(true);
        table.sweep_position = 0;
        table.sweep_earliest_ms = SliceTable::never;
        table.earliest_expiry_ms.set(SliceTable::never);  // what is set from now on counts itself
    }
    due.count = 0;
    auto note = [&](WallTime at) { table.sweep_earliest_ms = std::min(table.sweep_earliest_ms, milliseconds(at)); };
    for (unsigned buckets = 0; table.sweep_position < EntryIndex::positions_end; ++buckets) {
        if (due.count + TagBucket::slots_count * 4 > keys_per_lock || buckets > 256) return false;
        table.sweep_position = table.index.scan(
            table.sweep_position,
            [&](EntryIndex::Slot slot) {
                const auto* entry = slot.item();
                bool is_due = false;
                if (auto expiry = entry->expiry()) {
                    is_due = *expiry <= now;
                    if (!is_due) note(*expiry);
                }
                if (const auto* hash = entry->get<Hash>(); !is_due && hash != nullptr && hash->has_field_expiry()) {
                    is_due = *hash->next_expiry() <= now;
                    if (!is_due) note(*hash->next_expiry());
                }
                if (is_due && due.count < keys_per_lock) {
                    due.keys[due.count++].assign(entry->key());
                } else if (is_due) {
                    note(now);
                }
            },
            mark_expiry);
    }
    table.sweeping.set(false);
    if (table.sweep_earliest_ms < table.earliest_expiry_ms.get()) table.earliest_expiry_ms.set(table.sweep_earliest_ms);
    return true;
}

// Removes what is due in one table; how many.
std::size_t expire_table(Keyspace& keyspace, Slice& slice, unsigned database, SteadyTime until) {
    auto* table = slice.table_if(database);
    if (table == nullptr) return 0;
    const auto now = keyspace.now();
    if (!table->sweeping.get() && table->earliest_expiry_ms.get() > milliseconds(now)) return 0;
    std::size_t removed = 0;
    Due due;
    bool at_end = false;
    while (!at_end) {
        std::lock_guard lock(slice.lock);
        at_end = collect_due(*table, now, due);
        Database view(keyspace, database);
        for (std::size_t i = 0; i < due.count; ++i) {
            removed += view.expire_due(KeyRef(due.keys[i])) ? 1U : 0U;
        }
        if (keyspace.clock().steady() >= until) break;
    }
    return removed;
}

}  // namespace

std::size_t Keyspace::expire_cycle(std::chrono::microseconds budget) {
    if (!tunables_.active_expiry || !tunables_.lazy_expiry) return 0;
    const auto until = clock_.steady() + budget;
    std::size_t removed = 0;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        const auto number = internals_->expire_slice.fetch_add(1, std::memory_order_relaxed) % options_.slices_count;
        auto& slice = slices_[number];
        for (unsigned database = 0; database <= options_.databases_count; ++database) {
            removed += expire_table(*this, slice, database, until);
        }
        if (i % 64 == 0 && clock_.steady() >= until) break;
    }
    return removed;
}

}  // namespace sabil::cache
