// Making room: whole passes over nothing, a slice at a time. Filled entries go first, as their slice's S3-FIFO says,
// those that cannot be served before all others; when no filled entry is left, owned keys follow maxmemory-policy by
// sampling: of a few keys of one slice (keys are spread over slices by hash, so these are a fair sample) the best to
// evict goes.
#include <algorithm>
#include <mutex>

#include "cache/base/heap.h"
#include "cache/store/database.h"
#include "cache/store/keyspace_internals.h"
#include "cache/store/slice_residents.h"

namespace sabil::cache {
namespace {

using Reason = KeyspaceObserver::Removal;

// Drops filled entries of one slice that `choose` wants, at most limit_entries; how many.
std::size_t drop_from_slice(Keyspace& keyspace, Slice& slice, std::size_t limit_entries,
                            FunctionRef<bool(unsigned, const KeyRef&, const Provenance&)> choose) {
    std::size_t dropped = 0;
    for (unsigned database = 0; database <= keyspace.databases_count(); ++database) {
        auto* table = slice.table_if(database);
        if (table == nullptr || table->filled_keys.get() == 0) continue;
        std::vector<std::string> chosen;
        table->index.for_each_slot([&](EntryIndex::Slot slot) {
            if ((slot.marks() & mark_filled) == 0 || dropped + chosen.size() >= limit_entries) return;
            const auto* entry = slot.item();
            if (choose(database, KeyRef(entry->key()), *entry->provenance())) chosen.emplace_back(entry->key());
        });
        for (const auto& name : chosen) {
            const KeyRef key(name);
            Located at{keyspace, slice, *table, database, table->find(key)};
            at.remove(key, Reason::dropped_fill);
        }
        dropped += chosen.size();
    }
    return dropped;
}

std::size_t drop_unservable(Keyspace& keyspace, Slice& slice) {
    if (slice.filled_entries() == 0) return 0;
    return drop_from_slice(keyspace, slice, SIZE_MAX, [](unsigned, const KeyRef&, const Provenance& provenance) {
        return !provenance.valid();
    });
}

// One filled entry of this slice; false where there is none.
bool evict_filled(Keyspace& keyspace, Slice& slice) {
    auto* fifo = slice.fifo_if();
    if (fifo == nullptr) return false;
    SliceResidents residents(slice);
    const auto record = fifo->victim(residents);
    if (!record) return false;
    const auto slot = residents.find(*record);
    if (!slot) return true;
    const std::string name(slot.item()->key());
    Located at{keyspace, slice, *slice.table_if(record->database), record->database, slot};
    at.remove(KeyRef(name), Reason::evicted);
    return true;
}

struct Candidate {
    std::string key;
    unsigned database = 0;
    std::uint64_t score = 0;
    bool found = false;
};

// The best of twice `samples` owned keys of one table (there is no pool that remembers earlier ones), where it beats
// what was found before.
void sample_owned(const SliceTable& table, unsigned database, const AccessRules& rules, WallTime now,
                  std::uint32_t samples, Candidate& best) {
    const bool only_volatile = needs_expiry(rules.policy);
    if (only_volatile ? table.volatile_keys.get() == 0 : table.keys.get() == table.filled_keys.get()) return;
    auto bucket = static_cast<std::uint32_t>(thread_random());
    std::uint32_t seen = 0;
    for (std::uint32_t i = 0; i < table.index.buckets_count() && seen < 2 * samples; ++i, ++bucket) {
        table.index.for_bucket(bucket, [&](EntryIndex::Slot slot) {
            const auto* entry = slot.item();
            if ((slot.marks() & mark_filled) != 0 || (only_volatile && !entry->has_expiry())) return;
            ++seen;
            const auto expiry = entry->expiry();
            const auto score = eviction_score(entry->access(), expiry ? milliseconds(*expiry) : 0, rules, now,
                                              static_cast<std::uint32_t>(thread_random()));
            if (best.found && score <= best.score) return;
            best.found = true;
            best.score = score;
            best.database = database;
            best.key.assign(entry->key());
        });
    }
}

// One owned key of this slice; false where the policy permits none.
bool evict_owned(Keyspace& keyspace, Slice& slice) {
    const auto rules = access_rules(keyspace.tunables());
    Candidate best;
    for (unsigned database = 0; database < keyspace.databases_count(); ++database) {
        if (const auto* table = slice.table_if(database)) {
            sample_owned(*table, database, rules, keyspace.now(), keyspace.tunables().maxmemory_samples, best);
        }
    }
    if (!best.found) return false;
    const KeyRef key(best.key);
    auto& table = slice.table(best.database);
    Located at{keyspace, slice, table, best.database, table.find(key)};
    at.remove(key, Reason::evicted);
    return true;
}

}  // namespace

bool Keyspace::over_budget() const noexcept {
    const std::uint64_t budget = tunables_.maxmemory_bytes;
    // Not even an empty server fits into a few bytes.
    constexpr std::uint64_t empty_bytes = 1024;
    return budget != 0 && memory_bytes() + empty_bytes > budget;
}

bool Keyspace::evict_until_within_budget(std::chrono::microseconds budget) {
    if (!over_budget()) return true;
    const auto until = clock_.steady() + budget;
    const auto count = options_.slices_count;
    const auto start = static_cast<unsigned>(thread_random() % count);
    // A pass of one kind goes round all slices, one entry each, until a whole round finds none. False: nothing of that
    // kind is left, or time has run out without any. True does not depend on what others take in the meantime.
    auto rounds = [&](auto&& evict_one) {
        bool any = false;
        for (unsigned idle = 0, i = start; idle < count; ++i) {
            if (!over_budget()) return true;
            auto& slice = slices_[i % count];
            {
                std::lock_guard lock(slice.lock);
                idle = evict_one(slice) ? 0 : idle + 1;
            }
            any = any || idle == 0;
            if (i % 16 == 0 && clock_.steady() >= until) return any;
        }
        return false;
    };
    evict_unservable(until);
    if (rounds([&](Slice& slice) { return slice.filled_entries() != 0 && evict_filled(*this, slice); })) return true;
    if (over_budget() && internals_->lazy_free.pending() > 0) internals_->lazy_free.drain();
    if (tunables_.maxmemory_policy != EvictionPolicyName::noeviction &&
        rounds([&](Slice& slice) { return evict_owned(*this, slice); })) {
        return true;
    }
    return !over_budget();
}

// Asking every filled entry costs, so once a whole round has been made, the next one waits: a second at least, and long
// enough that rounds take no more than a twentieth of the time.
void Keyspace::evict_unservable(SteadyTime until) {
    using namespace std::chrono;
    auto& state = internals_->unservable_round;
    std::unique_lock round(state.mutex, std::try_to_lock);
    if (!round.owns_lock() || clock_.steady() < state.not_before) return;
    while (over_budget()) {
        const auto started = clock_.steady();
        if (started >= until) return;
        {
            auto& slice = slices_[state.next_slice];
            std::lock_guard lock(slice.lock);
            drop_unservable(*this, slice);
        }
        const auto ended = clock_.steady();
        state.took += ended - started;
        if (++state.next_slice < options_.slices_count) continue;
        state.next_slice = 0;
        state.not_before = ended + std::max<SteadyTime::duration>(seconds(1), 20 * state.took);
        state.took = {};
        return;
    }
}

std::size_t Keyspace::sweep_unservable(std::chrono::microseconds budget) {
    const auto until = clock_.steady() + budget;
    std::size_t dropped = 0;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        const auto number = internals_->sweep_slice.fetch_add(1, std::memory_order_relaxed) % options_.slices_count;
        auto& slice = slices_[number];
        std::lock_guard lock(slice.lock);
        dropped += drop_unservable(*this, slice);
        if (clock_.steady() >= until) break;
    }
    return dropped;
}

std::size_t Keyspace::drop_filled(
    const std::function<bool(unsigned database, const KeyRef&, const Provenance&)>& choose) {
    std::size_t dropped = 0;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        std::lock_guard lock(slices_[i].lock);
        if (slices_[i].filled_entries() == 0) continue;
        dropped += drop_from_slice(*this, slices_[i], SIZE_MAX,
                                   [&](unsigned database, const KeyRef& key, const Provenance& provenance) {
                                       return !choose || choose(database, key, provenance);
                                   });
    }
    return dropped;
}

}  // namespace sabil::cache
