// A cursor is a slice's number and a position in its hash order: slice << 32 | position.
#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "cache/store/database.h"
#include "cache/store/keyspace_internals.h"

namespace sabil::cache {
namespace {

constexpr std::uint64_t positions_end = EntryIndex::positions_end;

// The slice's lock, unless the caller holds all of them.
std::unique_lock<SliceLock> lock_unless(bool held, Slice& slice) {
    return held ? std::unique_lock<SliceLock>(slice.lock, std::defer_lock) : std::unique_lock<SliceLock>(slice.lock);
}

bool visible(const Entry& entry, WallTime now) {
    if (auto expiry = entry.expiry(); expiry && *expiry <= now) return false;
    if (!entry.filled()) return true;
    return entry.type() != ValueType::absent && entry.provenance()->valid();
}

KeyRef key_of(const Entry& entry) noexcept {
    return KeyRef(entry.key());
}

}  // namespace

std::uint64_t Database::scan(std::uint64_t cursor, std::size_t count,
                             FunctionRef<void(const KeyRef&, const Entry&)> visit) {
    const auto time = expiry_now();
    auto slice_number = cursor >> 32;
    auto position = cursor & (positions_end - 1);
    std::size_t visited = 0;
    std::vector<std::string> due;  // what has expired goes on the way
    // Empty slices and buckets cost too: a call's work is bounded even where nothing is found.
    std::size_t steps_left = 10 * std::max<std::size_t>(count, 1) + 1024;
    for (; slice_number < keyspace_->slices_count(); ++slice_number, position = 0) {
        auto& slice = keyspace_->slice(static_cast<unsigned>(slice_number));
        const auto* table = slice.table_if(index_);
        if (table == nullptr || table->keys.get() == 0) continue;
        if (visited >= count || steps_left == 0) return slice_number << 32 | position;
        auto lock = lock_unless(holds_all_, slice);
        while (position < positions_end && visited < count && steps_left > 0) {
            due.clear();
            position = table->index.scan(position, [&](EntryIndex::Slot slot) {
                const auto expiry = slot.item()->expiry();
                if (expiry && *expiry <= time && !slot.item()->filled()) due.emplace_back(slot.item()->key());
                if (!visible(*slot.item(), time)) return;
                visit(key_of(*slot.item()), *slot.item());
                ++visited;
            });
            for (const auto& key : due) expire_due(KeyRef(key));
            --steps_left;
        }
        if (position < positions_end) return slice_number << 32 | position;
    }
    return 0;
}

void Database::for_each(FunctionRef<void(const KeyRef&, const Entry&)> visit) {
    const auto time = expiry_now();
    for (unsigned i = 0; i < keyspace_->slices_count(); ++i) {
        auto& slice = keyspace_->slice(i);
        const auto* table = slice.table_if(index_);
        if (table == nullptr || table->keys.get() == 0) continue;
        auto lock = lock_unless(holds_all_, slice);
        table->index.for_each_slot([&](EntryIndex::Slot slot) {
            if (visible(*slot.item(), time)) visit(key_of(*slot.item()), *slot.item());
        });
    }
}

std::optional<std::string> Database::random_key() {
    const auto slices = keyspace_->slices_count();
    // Slices hold about the same number of keys; where they do not, ones with few are preferred a little.
    constexpr unsigned tries = 100;
    for (unsigned i = 0; i < tries; ++i) {
        auto number = static_cast<unsigned>(thread_random() % slices);
        for (unsigned skipped = 0; skipped < slices; ++skipped, number = (number + 1) % slices) {
            const auto* table = keyspace_->slice(number).table_if(index_);
            if (table != nullptr && table->keys.get() > 0) break;
        }
        auto& slice = keyspace_->slice(number);
        const auto* table = slice.table_if(index_);
        if (table == nullptr) return std::nullopt;
        auto lock = lock_unless(holds_all_, slice);
        const auto slot = table->index.random(thread_random());
        if (slot && visible(*slot.item(), expiry_now())) return std::string(slot.item()->key());
    }
    // Hardly anything visible is left: take the first there is.
    std::optional<std::string> found;
    std::uint64_t cursor = 0;
    do {
        cursor = scan(cursor, 1, [&](const KeyRef& key, const Entry&) {
            if (!found) found = std::string(key.key);
        });
    } while (cursor != 0 && !found);
    return found;
}

}  // namespace sabil::cache
