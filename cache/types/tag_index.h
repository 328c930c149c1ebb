// An index of heap items by hash: buckets of one cache line, open addressing, incremental growth and shrinking.
//
// A bucket is chosen by position * buckets / 2^32, so buckets hold the items in hash order whatever their number. This
// gives two things at once: a table of any size can grow to any other (by three eighths here), and a scan cursor is just a
// position, untouched by growth. While items move from the old buckets to the new, every position below the border
// lives in the new ones and all others in the old: a lookup looks at one of them only. An item that finds its bucket
// full goes to the next one and is counted in each bucket it passed; a lookup goes on only past buckets with a count.
// Erasing counts down again, so there are no tombstones.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "cache/base/heap.h"
#include "cache/types/tag_bucket.h"

namespace sabil::cache {

// Where a hash puts an item. The high bits are left to whoever cut the keyspace into slices.
struct TagPlace {
    TagPlace() noexcept = default;
    explicit TagPlace(std::uint64_t hash) noexcept
        : position(static_cast<std::uint32_t>(hash >> 8)),
          tag(static_cast<std::uint8_t>((hash & 0xff) == 0 ? 1 : hash & 0xff)) {}
    std::uint32_t position = 0;
    std::uint8_t tag = 1;
};

// Traits: `using Item`, `static TagPlace place(const Item*)`. Items are aligned to 4 bytes and not owned.
// Thread-safety: one thread at a time; size() may be read from others.
template <class Traits>
class TagIndex {
  public:
    using Item = typename Traits::Item;
    static constexpr std::uint64_t positions_end = 1ULL << 32;
    static constexpr std::uint32_t worth_prefetching_buckets = 4;
    static constexpr std::uint32_t whole_move_buckets = 8;  // tables up to this size are moved in one go

    // Valid until the next insert or erase.
    class Slot {
      public:
        Slot() noexcept = default;
        explicit operator bool() const noexcept { return bucket_ != nullptr; }
        Item* item() const noexcept { return reinterpret_cast<Item*>(bucket_->word(slot_) & ~TagBucket::mark_mask); }
        unsigned marks() const noexcept { return static_cast<unsigned>(bucket_->word(slot_) & TagBucket::mark_mask); }
        // The same item in another place, or with other marks.
        void set(Item* item, unsigned marks) const noexcept {
            bucket_->set_word(slot_, reinterpret_cast<std::uintptr_t>(item) | marks);
        }

      private:
        friend class TagIndex;
        Slot(TagBucket* bucket, unsigned slot) noexcept : bucket_(bucket), slot_(slot) {}
        TagBucket* bucket_ = nullptr;
        unsigned slot_ = 0;
    };

    TagIndex() noexcept = default;
    TagIndex(const TagIndex&) = delete;
    TagIndex& operator=(const TagIndex&) = delete;
    ~TagIndex() { release(); }

    std::size_t size() const noexcept { return count_; }
    std::size_t heap_bytes() const noexcept {
        return heap::table_bytes(current_.buckets, current_.bytes()) + heap::table_bytes(old_.buckets, old_.bytes());
    }
    bool moving() const noexcept { return old_.buckets != nullptr; }
    void swap(TagIndex& other) noexcept {
        std::swap(current_, other.current_);
        std::swap(old_, other.old_);
        std::swap(border_, other.border_);
        std::swap(count_, other.count_);
    }

    // Without any lock: pointer and count may be of different moments, but they only make an address that is
    // prefetched, which may be any address. Tables that a core's cache holds anyway are left alone.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    __attribute__((no_sanitize("thread")))
#endif
#elif defined(__SANITIZE_THREAD__)
    __attribute__((no_sanitize("thread")))
#endif
    bool
    prefetch(TagPlace place) const noexcept {
        const volatile Table& table = current_;
        const auto count = table.count;
        if (count < worth_prefetching_buckets) return false;
        const auto home = (std::uint64_t{place.position} * count) >> 32;
        __builtin_prefetch(const_cast<const TagBucket*>(table.buckets) + home);
        return true;
    }

    // equal: bool(const Item&), asked only where the tag agrees.
    template <class Equal>
    Slot find(TagPlace place, Equal&& equal) const noexcept {
        const auto& table = table_for(place.position);
        if (table.count == 0) return {};
        auto at = table.home(place.position);
        for (std::uint32_t visited = 0; visited < table.count; ++visited) {
            auto& bucket = table.buckets[at];
            for (auto mask = bucket.match(place.tag); mask != 0; mask &= mask - 1) {
                Slot slot(&bucket, static_cast<unsigned>(std::countr_zero(mask)));
                if (equal(static_cast<const Item&>(*slot.item()))) return slot;
            }
            if (bucket.passed() == 0) break;
            at = table.next(at);
        }
        return {};
    }

    // Requires that no equal item is there. May move a few others.
    Slot insert(TagPlace place, Item* item, unsigned marks = 0) {
        if (moving()) {
            move_some();
        } else if (count_ >= current_.limit()) {
            resize(current_.grown());
        }
        if (moving() && !in_new(place.position) && old_used_ >= old_.slots()) finish_moving();
        const bool in_old = moving() && !in_new(place.position);
        auto slot = place_into(in_old ? old_ : current_, place, reinterpret_cast<std::uintptr_t>(item) | marks);
        if (in_old) ++old_used_;
        ++count_;
        return slot;
    }

    void erase(TagPlace place, Slot slot) {
        auto& table = table_for(place.position);
        if (moving() && &table == &old_) --old_used_;
        remove(table, place, slot);
        --count_;
        if (moving()) {
            move_some();
        } else if (current_.count > 4 && count_ * 4 < current_.slots()) {
            resize(static_cast<std::uint32_t>(count_ * 3 / 2 / TagBucket::slots_count + 1));
        }
    }

    // Goes on with a move under way; false when none is.
    bool move_some(std::uint32_t buckets = 4) {
        for (; moving() && buckets > 0; --buckets) move_bucket();
        return moving();
    }

    // Visits the items of one bucket's range from `position` on and returns where to go on; positions_end at the end.
    // Every item at or past `position` is visited exactly once by going on until the end, however the table changes
    // between calls. visit: void(Slot). It may change marks and item, and nothing else. Where wanted_marks is not 0,
    // items without one of those marks are passed over without being looked at.
    template <class Visit>
    std::uint64_t scan(std::uint64_t position, Visit&& visit, unsigned wanted_marks = 0) const {
        if (count_ == 0 || position >= positions_end) return positions_end;
        const auto from = static_cast<std::uint32_t>(position);
        const auto& table = table_for(from);
        const auto home = table.home(from);
        auto end = table.start(home + 1);
        if (moving() && &table == &current_) end = std::min(end, old_.start(border_));
        auto at = home;
        for (std::uint32_t visited = 0; visited < table.count; ++visited) {
            auto& bucket = table.buckets[at];
            for (auto mask = bucket.used_slots(); mask != 0; mask &= mask - 1) {
                Slot slot(&bucket, static_cast<unsigned>(std::countr_zero(mask)));
                if (wanted_marks != 0 && (slot.marks() & wanted_marks) == 0) continue;
                const auto p = Traits::place(slot.item()).position;
                if (p >= from && p < end) visit(slot);
            }
            if (bucket.passed() == 0) break;
            at = table.next(at);
        }
        return end;
    }

    // Every slot once, in memory order and without looking at the items: cheap for looking at marks only. visit as
    // above.
    template <class Visit>
    void for_each_slot(Visit&& visit) const {
        for (const auto* table : {&old_, &current_}) {
            for (std::uint32_t at = 0; at < table->count; ++at) visit_bucket(table->buckets[at], visit);
        }
    }
    // The slots of one bucket, by a number taken modulo the number of buckets: for sampling.
    std::uint32_t buckets_count() const noexcept {
        return old_.count + current_.count;
    }
    template <class Visit>
    void for_bucket(std::uint32_t number, Visit&& visit) const {
        if (buckets_count() == 0) return;
        number %= buckets_count();
        visit_bucket(number < old_.count ? old_.buckets[number] : current_.buckets[number - old_.count], visit);
    }

    // Uniform for uniform random bits; an empty slot only where there are no items.
    Slot random(std::uint64_t bits) const noexcept {
        if (count_ == 0) return {};
        constexpr unsigned tries = 128;
        for (unsigned i = 0; i < tries; ++i) {
            bits = bits * 6364136223846793005ULL + 1442695040888963407ULL;
            const auto number = static_cast<std::uint32_t>(((bits >> 32) * buckets_count()) >> 32);
            const auto slot = static_cast<unsigned>((((bits >> 8) & 0xffffff) * TagBucket::slots_count) >> 24);
            auto& bucket = number < old_.count ? old_.buckets[number] : current_.buckets[number - old_.count];
            if (bucket.tag(slot) != 0) return Slot(&bucket, slot);
        }
        Slot found;
        for_each_slot([&](Slot slot) {
            if (!found) found = slot;
        });
        return found;
    }

  private:
    struct Table {
        TagBucket* buckets = nullptr;
        std::uint32_t count = 0;

        std::uint32_t home(std::uint32_t position) const noexcept {
            return static_cast<std::uint32_t>((std::uint64_t{position} * count) >> 32);
        }
        std::uint32_t next(std::uint32_t at) const noexcept { return at + 1 == count ? 0 : at + 1; }
        // The lowest position whose home is `bucket`.
        std::uint64_t start(std::uint32_t bucket) const noexcept {
            return ((std::uint64_t{bucket} << 32) + count - 1) / count;
        }
        std::size_t slots() const noexcept { return std::size_t{count} * TagBucket::slots_count; }
        std::size_t limit() const noexcept { return count <= 1 ? slots() : slots() - slots() / 12; }
        std::uint32_t grown() const noexcept { return count + count * 3 / 8 + 1; }
        std::size_t bytes() const noexcept { return std::size_t{count} * sizeof(TagBucket); }
    };

    bool in_new(std::uint32_t position) const noexcept {
        return old_.home(position) < border_;
    }
    const Table& table_for(std::uint32_t position) const noexcept {
        return moving() && !in_new(position) ? old_ : current_;
    }
    Table& table_for(std::uint32_t position) noexcept {
        return moving() && !in_new(position) ? old_ : current_;
    }

    template <class Visit>
    static void visit_bucket(TagBucket& bucket, Visit&& visit) {
        for (auto mask = bucket.used_slots(); mask != 0; mask &= mask - 1) {
            visit(Slot(&bucket, static_cast<unsigned>(std::countr_zero(mask))));
        }
    }

    static Slot place_into(Table& table, TagPlace place, std::uintptr_t word) noexcept {
        auto at = table.home(place.position);
        while (table.buckets[at].empty_slots() == 0) {
            table.buckets[at].add_passed();
            at = table.next(at);
        }
        auto& bucket = table.buckets[at];
        const auto slot = static_cast<unsigned>(std::countr_zero(bucket.empty_slots()));
        bucket.set(slot, place.tag, word);
        return Slot(&bucket, slot);
    }

    static void remove(Table& table, TagPlace place, Slot slot) noexcept {
        for (auto at = table.home(place.position); &table.buckets[at] != slot.bucket_; at = table.next(at)) {
            table.buckets[at].drop_passed();
        }
        slot.bucket_->clear(slot.slot_);
    }

    void resize(std::uint32_t buckets) {
        Table grown;
        grown.count = buckets;
        grown.buckets = static_cast<TagBucket*>(heap::allocate_table(grown.bytes()));
        old_ = std::exchange(current_, grown);
        border_ = 0;
        old_used_ = count_;
        if (old_.count <= whole_move_buckets) finish_moving();
    }

    void finish_moving() {
        while (moving()) move_bucket();
    }

    // Moves every item at home in the old bucket at the border; they may have gone on to the buckets after it.
    void move_bucket() {
        if (border_ == old_.count) {
            heap::deallocate_table(old_.buckets, old_.bytes());
            old_ = {};
            border_ = 0;
            old_used_ = 0;
            return;
        }
        auto at = border_;
        for (std::uint32_t visited = 0; visited < old_.count; ++visited) {
            auto& bucket = old_.buckets[at];
            const bool goes_on = bucket.passed() != 0;
            visit_bucket(bucket, [](Slot slot) { __builtin_prefetch(slot.item()); });
            visit_bucket(bucket, [&](Slot slot) {
                const auto place = Traits::place(slot.item());
                if (old_.home(place.position) != border_) return;
                const auto word = bucket.word(slot.slot_);
                remove(old_, place, slot);
                place_into(current_, place, word);
                --old_used_;
            });
            if (!goes_on) break;
            at = old_.next(at);
        }
        ++border_;
    }

    void release() noexcept {
        heap::deallocate_table(current_.buckets, current_.bytes());
        heap::deallocate_table(old_.buckets, old_.bytes());
    }

    Table current_;
    Table old_;
    std::uint32_t border_ = 0;  // old buckets below it have moved
    std::size_t count_ = 0;
    std::size_t old_used_ = 0;
};

}  // namespace sabil::cache
