// What a keyspace keeps beside its slices. Only the files of cache/store use it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "cache/eviction/access_clock.h"
#include "cache/store/keyspace.h"
#include "cache/store/lazy_free.h"
#include "cache/store/slice.h"

namespace sabil::cache {

struct Keyspace::Internals {
    explicit Internals(unsigned slices_count) : slices(std::make_unique<Slice[]>(slices_count)) {}

    LazyFreeQueue lazy_free;  // outlives the slices
    std::unique_ptr<Slice[]> slices;
    std::atomic<std::uint64_t> expired{0};
    std::atomic<std::uint64_t> expired_fields{0};
    std::atomic<std::uint64_t> evicted_owned{0};
    std::atomic<std::uint64_t> evicted_filled{0};
    std::atomic<std::uint64_t> dropped_filled{0};
    std::atomic<std::uint32_t> expire_slice{0};  // where expire_cycle goes on
    std::atomic<std::uint32_t> sweep_slice{0};   // where sweep_unservable goes on
    std::atomic<std::uint64_t> moved_blocks{0};
    std::atomic<std::uint64_t> defragment_us{0};
    struct {
        unsigned next_slice = 0;
        std::size_t moved_in_round = 0;   // over all slices
        std::uint64_t settled_bytes = 0;  // unused ones that a round could not win
        std::atomic<bool> running{false};
    } defragmentation;
    struct {
        std::mutex mutex;
        unsigned next_slice = 0;
        SteadyTime not_before{};
        SteadyTime::duration took{};
    } unservable_round;  // of eviction
    // What was the count at the last reset.
    std::atomic<std::uint64_t> lazy_freed_before{0};
    std::atomic<std::uint64_t> hits_before{0};
    std::atomic<std::uint64_t> misses_before{0};
};

AccessRules access_rules(const KeyspaceTunables& tunables) noexcept;
// Any 64 bits, good enough for sampling. Thread-safety: any thread, no sharing.
std::uint64_t thread_random() noexcept;

// A slot under its slice's lock, with all it hangs from.
class Located {
  public:
    Located(Keyspace& of, Slice& in, SliceTable& of_slice, unsigned number, EntryIndex::Slot at) noexcept
        : keyspace(of), slice(in), table(of_slice), database(number), slot(at) {}

    Keyspace& keyspace;
    Slice& slice;
    SliceTable& table;
    unsigned database;
    EntryIndex::Slot slot;

    Entry* entry() const noexcept { return slot.item(); }
    bool expired() const noexcept;
    // Drops the entry for good: keeps counts, tells the observer, frees it, off the workers where `background` and
    // large.
    void remove(const KeyRef& key, std::optional<KeyspaceObserver::Removal> why, bool background = true);

  private:
    void tell(KeyspaceObserver& observer, const KeyRef& key, KeyspaceObserver::Removal why) const;
};

}  // namespace sabil::cache
