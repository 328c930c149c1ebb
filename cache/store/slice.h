// One slice of the keyspace. Only the files of cache/store use it; everything here needs the slice's lock unless it
// says otherwise.
#pragma once

#include <atomic>
#include <cassert>
#include <cstdint>
#include <memory>
#include <vector>

#include "cache/eviction/s3_fifo.h"
#include "cache/store/entry.h"
#include "cache/store/entry_builder.h"
#include "cache/store/key.h"
#include "cache/store/slice_lock.h"
#include "cache/types/tag_index.h"

namespace sabil::cache {

// Written under the lock, read by anyone.
template <class T>
class SharedCount {
  public:
    void add(T by) noexcept { value_.store(get() + by, std::memory_order_relaxed); }
    void subtract(T by) noexcept { value_.store(get() - by, std::memory_order_relaxed); }
    void set(T to) noexcept { value_.store(to, std::memory_order_relaxed); }
    T get() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<T> value_{0};
};

struct EntryTraits {
    using Item = Entry;
    static TagPlace place(const Entry* entry) noexcept { return TagPlace(hash_key(entry->key())); }
};
using EntryIndex = TagIndex<EntryTraits>;

inline constexpr unsigned mark_expiry = 1;  // the key, or a field of its hash, may expire
inline constexpr unsigned mark_filled = 2;

inline unsigned marks_of(const Entry& entry) noexcept {
    const auto* hash = entry.get<Hash>();
    const bool expires = entry.has_expiry() || (hash != nullptr && hash->has_field_expiry());
    return (expires ? mark_expiry : 0U) | (entry.filled() ? mark_filled : 0U);
}

inline std::int64_t milliseconds(WallTime at) noexcept {
    return at.time_since_epoch().count();
}

// The keys of one database in one slice, with what is counted about them.
struct SliceTable {
    static constexpr std::int64_t never = INT64_MAX;

    EntryIndex index;
    SharedCount<std::uint32_t> keys;
    SharedCount<std::uint32_t> volatile_keys;
    SharedCount<std::uint32_t> filled_keys;
    SharedCount<std::uint32_t> absent_keys;
    SharedCount<std::uint64_t> filled_bytes;
    SharedCount<std::int64_t> earliest_expiry_ms;  // not later than any key's expiry or field expiry
    std::uint64_t sweep_position = 0;              // where the sweep under way for expired keys goes on
    std::int64_t sweep_earliest_ms = never;        // the earliest expiry it has met and left
    SharedCount<bool> sweeping;

    SliceTable() { earliest_expiry_ms.set(never); }

    EntryIndex::Slot find(const KeyRef& key) const noexcept {
        return index.find(TagPlace(key.hash), [&](const Entry& entry) { return entry.key() == key.key; });
    }
    // Insert, replace and remove keep every count; they neither make nor destroy entries.
    void insert(const KeyRef& key, Entry* entry) {
        index.insert(TagPlace(key.hash), entry, marks_of(*entry));
        count(*entry, 1);
    }
    void remove(const KeyRef& key, EntryIndex::Slot slot) {
        count(*slot.item(), -1);
        index.erase(TagPlace(key.hash), slot);
    }
    void replace(EntryIndex::Slot slot, Entry* entry) {
        count(*slot.item(), -1);
        slot.set(entry, marks_of(*entry));
        count(*entry, 1);
    }
    void note_expiry(WallTime at) noexcept {
        if (milliseconds(at) < earliest_expiry_ms.get()) earliest_expiry_ms.set(milliseconds(at));
    }
    void clear_counts() noexcept;
    void swap(SliceTable& other) noexcept;

  private:
    void count(const Entry& entry, int by) noexcept {
        keys.add(static_cast<std::uint32_t>(by));
        if (marks_of(entry) != 0) count_marked(entry, by);
    }
    void count_marked(const Entry& entry, int by) noexcept;
};

class alignas(64) Slice {
  public:
    Slice() = default;
    ~Slice();
    Slice(const Slice&) = delete;
    Slice& operator=(const Slice&) = delete;

    // Before first use; databases: how many, the internal one included.
    void set_databases(unsigned databases) noexcept { databases_ = databases; }
    SliceTable& table(unsigned database) {
        if (database == 0) return first_;
        auto* tables = others_.load(std::memory_order_relaxed);
        SliceTable* found = tables == nullptr ? nullptr : tables[database].load(std::memory_order_relaxed);
        return found != nullptr ? *found : make_table(database);
    }
    // nullptr where nothing was ever stored. Without the lock: for counts only.
    SliceTable* table_if(unsigned database) noexcept {
        if (database == 0) return &first_;
        auto* tables = others_.load(std::memory_order_acquire);
        return tables == nullptr ? nullptr : tables[database].load(std::memory_order_acquire);
    }
    const SliceTable* table_if(unsigned database) const noexcept {
        return const_cast<Slice*>(this)->table_if(database);
    }
    S3Fifo& fifo() {
        if (fifo_ == nullptr) fifo_ = std::make_unique<S3Fifo>();
        return *fifo_;
    }
    std::size_t filled_entries() const noexcept {
        std::size_t count = 0;
        for (unsigned database = 0; database < databases_; ++database) {
            if (const auto* found = table_if(database)) count += found->filled_keys.get();
        }
        return count;
    }
    S3Fifo* fifo_if() noexcept { return fifo_.get(); }

    SliceLock lock;
    SharedCount<std::uint64_t> hits;
    SharedCount<std::uint64_t> misses;
    SharedCount<std::uint64_t> changes;

  private:
    SliceTable& make_table(unsigned database);

    SliceTable first_;
    std::atomic<std::atomic<SliceTable*>*> others_{nullptr};
    std::unique_ptr<S3Fifo> fifo_;
    unsigned databases_ = 0;
};

}  // namespace sabil::cache
