// All databases, cut into slices. A slice is chosen by the high bits of the key's hash, the same in every database; it
// has its lock, one table per database, and its expiry and eviction state. Commands work through Database (database.h).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "cache/base/clock.h"
#include "cache/base/limits.h"
#include "cache/eviction/policy_name.h"
#include "cache/store/key.h"
#include "cache/store/observer.h"
#include "cache/store/provenance.h"
#include "cache/types/encoding_limits.h"

namespace sabil::cache {

class Slice;

struct KeyspaceOptions {
    unsigned databases_count = limits::databases_count;  // 1 .. 65,535; the internal database comes on top
    unsigned slices_count = 1024;                        // a power of two, 1 .. 4096
};

// Parameters that CONFIG SET changes at run time. Thread-safety: any thread.
struct KeyspaceTunables {
    Tunable<std::uint64_t> maxmemory_bytes{0};  // 0: no limit
    Tunable<EvictionPolicyName> maxmemory_policy{EvictionPolicyName::noeviction};
    Tunable<std::uint32_t> maxmemory_samples{5};  // 1 .. 64
    Tunable<std::uint32_t> lfu_log_factor{10};
    Tunable<std::uint32_t> lfu_decay_minutes{1};  // 0: no decay
    Tunable<bool> active_expiry{true};            // DEBUG SET-ACTIVE-EXPIRE
    Tunable<bool> lazy_expiry{true};              // false: nothing expires (while a data set is loading)
    Tunable<bool> free_in_background{true};       // large values go to the lazy-free queue
    Tunable<bool> active_defragmentation{false};
    Tunable<std::uint64_t> defragment_ignore_bytes{100 << 20};  // of unused memory in slabs: less than that may stay
    Tunable<std::uint32_t> defragment_above_percent{10};        // of the slabs' memory, likewise
    Tunable<std::uint32_t> defragment_cpu_percent{25};          // of one core, 1 .. 99
    EncodingLimits encodings;
};

enum class EntryClass : std::uint8_t { owned, filled };

struct KeyspaceCounters {
    std::uint64_t expired = 0;         // keys removed because their time had come
    std::uint64_t expired_fields = 0;  // hash fields likewise
    std::uint64_t evicted_owned = 0;
    std::uint64_t evicted_filled = 0;  // servable ones that had to make room
    std::uint64_t dropped_filled = 0;  // unservable ones, whenever they were met
    std::uint64_t moved_blocks = 0;    // by defragmentation
    std::uint64_t defragment_us = 0;   // the time it took
    std::uint64_t hits = 0;            // reads through find*() that found a key, client databases only
    std::uint64_t misses = 0;
    std::uint64_t changes = 0;  // Redis' `dirty` ever since the start
};

// Thread-safety: every function may be called from any thread unless its comment asks for locks.
class Keyspace {
  public:
    explicit Keyspace(const KeyspaceOptions& options = {}, const Clock& clock = system_clock());
    ~Keyspace();
    Keyspace(const Keyspace&) = delete;
    Keyspace& operator=(const Keyspace&) = delete;

    unsigned databases_count() const noexcept { return options_.databases_count; }
    // Not reachable by SELECT and not part of any client-visible count, scan or flush: results of the MySQL face.
    unsigned internal_database() const noexcept { return options_.databases_count; }
    unsigned slices_count() const noexcept { return options_.slices_count; }
    unsigned slice_of(std::uint64_t hash) const noexcept { return static_cast<unsigned>(hash >> 1 >> slice_shift_); }
    Slice& slice(unsigned index) noexcept;
    Slice& slice_for(std::uint64_t hash) noexcept { return slice(slice_of(hash)); }

    KeyspaceTunables& tunables() noexcept { return tunables_; }
    const KeyspaceTunables& tunables() const noexcept { return tunables_; }
    const Clock& clock() const noexcept { return clock_; }
    // The time commands see: read once per batch by its owner with set_now, or live where that was never called on this
    // thread. Scripts and transactions freeze it in the same way.
    WallTime now() const noexcept;
    // What expiries are compared with: now(), or a time before all others while nothing may expire.
    WallTime expiry_now() const noexcept { return tunables_.lazy_expiry ? now() : WallTime::min(); }
    static void set_thread_now(std::optional<WallTime> now) noexcept;
    // False: what this thread reads from here on keeps its age and frequency, but for Database::touch (CLIENT NO-TOUCH).
    static void set_thread_touches(bool touches) noexcept;
    static bool thread_touches() noexcept;

    // Set once before traffic; nullptr for none. Must outlive the keyspace.
    void set_observer(KeyspaceObserver* observer) noexcept { observer_ = observer; }
    KeyspaceObserver* observer() const noexcept { return observer_; }

    // Brings the key's table line into the CPU cache; false where the table is small enough to be there already, and
    // nothing needs to be done. Then, after a first round over all keys, prefetch_entry brings its entry.
    bool prefetch_table(const KeyRef& key, unsigned database) noexcept;
    void prefetch_entry(const KeyRef& key, unsigned database) noexcept;
    void prefetch_held_entry(const KeyRef& key, unsigned database) noexcept;  // requires the lock of the key's slice

    // Summed over slices; exact at rest. size(): visible keys of one database, remembered absences left out.
    std::uint64_t size(unsigned database) const noexcept;
    std::uint64_t volatile_size(unsigned database) const noexcept;  // keys with an expiry
    std::uint64_t entries(EntryClass entry_class) const noexcept;
    std::uint64_t memory_bytes(EntryClass entry_class) const noexcept;
    std::uint64_t memory_bytes() const noexcept;  // everything the store holds, indexes included
    std::uint64_t memory_peak_bytes() const noexcept;
    KeyspaceCounters counters() const noexcept;
    void reset_counters() noexcept;  // CONFIG RESETSTAT; `changes` stays

    // Removes expired keys and fields until none is due or the budget is used up; returns how many. Takes one slice's
    // lock at a time. Call about ten times a second, from any one thread at a time.
    std::size_t expire_cycle(std::chrono::microseconds budget);
    // Whether a command that may grow memory must make room first. Cheap.
    bool over_budget() const noexcept;
    // Unservable filled entries, then filled ones, then owned ones as the policy permits. False: still above the budget
    // and nothing (in this time) that could go: answer OOM; true also where others took what was freed. Without locks.
    bool evict_until_within_budget(std::chrono::microseconds budget = std::chrono::milliseconds(50));
    // Looks through the filled entries of a few slices and drops those that can never be served again; for a timer.
    std::size_t sweep_unservable(std::chrono::microseconds budget);

    // Where active_defragmentation is on and more memory is unused within slabs than may stay: moves entries and values
    // out of sparse slabs, so that these can be given back, until the budget is used up; one slice's lock at a time.
    // Returns how many blocks were moved. Call from any one thread at a time.
    std::size_t defragment(std::chrono::microseconds budget);
    bool defragmenting() const noexcept;  // the last call had something to do

    // Values handed over for freeing off the workers. drain: frees what is queued, returns how many; call from a helper
    // thread. Where the queue is full, values are freed in place.
    std::size_t drain_lazy_free();
    std::uint64_t lazy_free_pending() const noexcept;
    std::uint64_t lazy_freed() const noexcept;

    // FLUSHDB, FLUSHALL (nullopt: every client database); filled entries go as well, the internal database stays. Needs
    // a LockSet of all slices.
    std::uint64_t flush(std::optional<unsigned> database, bool in_background);
    void swap_databases(unsigned first, unsigned second);  // needs a LockSet of all slices
    // Drops every filled entry in all databases, the internal one included, for which `choose` is true (nullptr: all).
    // Takes slices one at a time. Returns how many.
    std::size_t drop_filled(const std::function<bool(unsigned database, const KeyRef&, const Provenance&)>& choose);

    // For the files of cache/store only.
    struct Internals;
    Internals& internals() noexcept { return *internals_; }

  private:
    void evict_unservable(SteadyTime until);

    KeyspaceOptions options_;
    unsigned slice_shift_;  // one less than 64 - log2(slices), since a shift by 64 is undefined
    const Clock& clock_;
    KeyspaceTunables tunables_;
    KeyspaceObserver* observer_ = nullptr;
    std::unique_ptr<Internals> internals_;
    Slice* slices_ = nullptr;
};

}  // namespace sabil::cache
