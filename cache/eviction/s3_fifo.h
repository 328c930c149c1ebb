// S3-FIFO for filled entries (Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023), by bytes.
// New entries enter a small queue of a tenth of the bytes; those used again there move on to the main queue, the others
// go and leave a ghost; an entry whose ghost is still known enters the main queue at once. The main queue gives an
// entry as many more rounds as it was used, at most three. Nothing is linked: queues hold records, and the entry itself
// holds its count of uses and the number of its record; records whose entry has gone are skipped when they come up.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "cache/base/heap.h"

namespace sabil::cache {

// Thread-safety: one thread at a time (the slice's lock).
class S3Fifo {
  public:
    static constexpr unsigned most_uses = 3;
    static constexpr std::uint32_t sequence_mask = (1U << 22) - 1;

    struct Record {
        std::uint64_t id = 0;        // the key's hash
        std::uint32_t sequence = 0;  // tells a record from an older one with the same id; 22 bits
        std::uint32_t bytes = 0;     // saturates
        std::uint16_t database = 0;
    };

    // The owner's side: entries by record.
    class Residents {
      public:
        virtual ~Residents() = default;
        // Uses since the record entered its queue, 0 .. most_uses; nullopt where its entry has gone.
        virtual std::optional<unsigned> uses(const Record& record) const = 0;
        virtual void set_uses(const Record& record, unsigned uses) = 0;
    };

    // Registers a new entry; the sequence number it must remember.
    std::uint32_t admit(std::uint64_t id, std::uint16_t database, std::size_t bytes);
    // The entry to evict next; the owner removes it. nullopt: none left.
    std::optional<Record> victim(Residents& residents);
    // Drops records whose entries have gone; to be called now and then by owners that remove entries themselves.
    void compact(Residents& residents);
    bool wants_compaction(std::size_t live_entries) const noexcept {
        return small_.records.size() + main_.records.size() > 2 * live_entries + 64;
    }
    void swap_databases(std::uint16_t first, std::uint16_t second) noexcept;
    std::size_t records_count() const noexcept { return small_.records.size() + main_.records.size(); }
    std::size_t heap_bytes() const noexcept;

  private:
    struct Queue {
        std::deque<Record, heap::Allocator<Record>> records;
        std::uint64_t bytes = 0;
        void push(const Record& record);
        Record pop();
    };
    // Fingerprints in sets of four, each set first in first out.
    class Ghosts {
      public:
        void insert(std::uint64_t id, std::size_t wanted_count);
        bool take(std::uint64_t id) noexcept;
        std::size_t heap_bytes() const noexcept { return fingerprints_.capacity() * sizeof(std::uint32_t); }

      private:
        static constexpr std::size_t set_size = 4;
        std::uint32_t* set_of(std::uint64_t id) noexcept;
        std::vector<std::uint32_t, heap::Allocator<std::uint32_t>> fingerprints_;
    };

    std::optional<Record> from_small(Residents& residents);
    std::optional<Record> from_main(Residents& residents);

    Queue small_;
    Queue main_;
    Ghosts ghosts_;
    std::uint32_t next_sequence_ = 0;
};

}  // namespace sabil::cache
