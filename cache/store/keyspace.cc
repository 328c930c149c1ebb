#include "cache/store/keyspace.h"

#include <bit>
#include <stdexcept>

#include "cache/base/heap.h"
#include "cache/store/keyspace_internals.h"

namespace sabil::cache {
namespace {

thread_local std::optional<WallTime> thread_now;
thread_local bool thread_touch = true;

std::uint64_t atomic_get(const std::atomic<std::uint64_t>& value) noexcept {
    return value.load(std::memory_order_relaxed);
}

}  // namespace

AccessRules access_rules(const KeyspaceTunables& tunables) noexcept {
    return {tunables.maxmemory_policy, tunables.lfu_log_factor, tunables.lfu_decay_minutes};
}

std::uint64_t thread_random() noexcept {
    // splitmix64, seeded by where the thread keeps it.
    thread_local std::uint64_t state = reinterpret_cast<std::uintptr_t>(&state) * 0x9e3779b97f4a7c15ULL;
    auto z = state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

Keyspace::Keyspace(const KeyspaceOptions& options, const Clock& clock) : options_(options), clock_(clock) {
    if (!std::has_single_bit(options.slices_count) || options.slices_count > 4096) {
        throw std::invalid_argument("slices_count must be a power of two from 1 to 4096");
    }
    if (options.databases_count == 0 || options.databases_count > 65'535) {
        throw std::invalid_argument("databases must be from 1 to 65535");
    }
    slice_shift_ = 63U - static_cast<unsigned>(std::countr_zero(options.slices_count));
    internals_ = std::make_unique<Internals>(options.slices_count);
    slices_ = internals_->slices.get();
    for (unsigned i = 0; i < options.slices_count; ++i) slices_[i].set_databases(options.databases_count + 1);
}

Keyspace::~Keyspace() = default;

Slice& Keyspace::slice(unsigned index) noexcept {
    return slices_[index];
}

WallTime Keyspace::now() const noexcept {
    return thread_now ? *thread_now : clock_.wall();
}

void Keyspace::set_thread_now(std::optional<WallTime> now) noexcept {
    thread_now = now;
}

void Keyspace::set_thread_touches(bool touches) noexcept {
    thread_touch = touches;
}

bool Keyspace::thread_touches() noexcept {
    return thread_touch;
}

bool Keyspace::prefetch_table(const KeyRef& key, unsigned database) noexcept {
    const auto* table = slice_for(key.hash).table_if(database);
    return table != nullptr && table->index.prefetch(TagPlace(key.hash));
}

void Keyspace::prefetch_entry(const KeyRef& key, unsigned database) noexcept {
    auto& slice = slice_for(key.hash);
    if (!slice.lock.try_lock()) return;
    prefetch_held_entry(key, database);
    slice.lock.unlock();
}

void Keyspace::prefetch_held_entry(const KeyRef& key, unsigned database) noexcept {
    auto* table = slice_for(key.hash).table_if(database);
    if (table == nullptr) return;
    (void)table->index.find(TagPlace(key.hash), [](const Entry& entry) {
        __builtin_prefetch(&entry);
        return true;
    });
}

std::uint64_t Keyspace::size(unsigned database) const noexcept {
    std::uint64_t keys = 0;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        const Slice& slice = slices_[i];
        if (const auto* table = slice.table_if(database)) keys += table->keys.get() - table->absent_keys.get();
    }
    return keys;
}

std::uint64_t Keyspace::volatile_size(unsigned database) const noexcept {
    std::uint64_t keys = 0;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        const Slice& slice = slices_[i];
        if (const auto* table = slice.table_if(database)) keys += table->volatile_keys.get();
    }
    return keys;
}

std::uint64_t Keyspace::entries(EntryClass entry_class) const noexcept {
    std::uint64_t filled = 0;
    std::uint64_t all = 0;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        const Slice& slice = slices_[i];
        for (unsigned database = 0; database <= options_.databases_count; ++database) {
            const auto* table = slice.table_if(database);
            if (table == nullptr) continue;
            filled += table->filled_keys.get();
            all += table->keys.get();
        }
    }
    return entry_class == EntryClass::filled ? filled : all - filled;
}

std::uint64_t Keyspace::memory_bytes(EntryClass entry_class) const noexcept {
    std::uint64_t filled = 0;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        const Slice& slice = slices_[i];
        for (unsigned database = 0; database <= options_.databases_count; ++database) {
            if (const auto* table = slice.table_if(database)) filled += table->filled_bytes.get();
        }
    }
    if (entry_class == EntryClass::filled) return filled;
    const auto all = memory_bytes();
    return all > filled ? all - filled : 0;
}

std::uint64_t Keyspace::memory_bytes() const noexcept {
    const auto used = heap::used_bytes();
    return used > 0 ? static_cast<std::uint64_t>(used) : 0;
}

std::uint64_t Keyspace::memory_peak_bytes() const noexcept {
    return static_cast<std::uint64_t>(heap::peak_bytes());
}

KeyspaceCounters Keyspace::counters() const noexcept {
    KeyspaceCounters counters;
    for (unsigned i = 0; i < options_.slices_count; ++i) {
        counters.hits += slices_[i].hits.get();
        counters.misses += slices_[i].misses.get();
        counters.changes += slices_[i].changes.get();
    }
    counters.hits -= atomic_get(internals_->hits_before);
    counters.misses -= atomic_get(internals_->misses_before);
    counters.expired = atomic_get(internals_->expired);
    counters.expired_fields = atomic_get(internals_->expired_fields);
    counters.evicted_owned = atomic_get(internals_->evicted_owned);
    counters.evicted_filled = atomic_get(internals_->evicted_filled);
    counters.dropped_filled = atomic_get(internals_->dropped_filled);
    counters.moved_blocks = atomic_get(internals_->moved_blocks);
    counters.defragment_us = atomic_get(internals_->defragment_us);
    return counters;
}

void Keyspace::reset_counters() noexcept {
    const auto now = counters();
    internals_->lazy_freed_before = internals_->lazy_free.freed();
    internals_->hits_before += now.hits;
    internals_->misses_before += now.misses;
    for (auto* counter : {&internals_->expired, &internals_->expired_fields, &internals_->evicted_owned,
                          &internals_->evicted_filled, &internals_->dropped_filled, &internals_->moved_blocks,
                          &internals_->defragment_us}) {
        counter->store(0, std::memory_order_relaxed);
    }
}

std::size_t Keyspace::drain_lazy_free() {
    return internals_->lazy_free.drain();
}

std::uint64_t Keyspace::lazy_free_pending() const noexcept {
    return internals_->lazy_free.pending();
}

std::uint64_t Keyspace::lazy_freed() const noexcept {
    return internals_->lazy_free.freed() - internals_->lazy_freed_before.load(std::memory_order_relaxed);
}

}  // namespace sabil::cache
