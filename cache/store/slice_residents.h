// A slice's filled entries as its S3-FIFO sees them: their access bits hold two bits of uses and the record's number.
#pragma once

#include <optional>

#include "cache/eviction/s3_fifo.h"
#include "cache/store/slice.h"

namespace sabil::cache {

// Needs the slice's lock.
class SliceResidents final : public S3Fifo::Residents {
  public:
    explicit SliceResidents(Slice& slice) noexcept : slice_(slice) {}

    std::optional<unsigned> uses(const S3Fifo::Record& record) const override {
        const auto slot = find(record);
        return slot ? std::optional<unsigned>(slot.item()->access() >> 22) : std::nullopt;
    }
    void set_uses(const S3Fifo::Record& record, unsigned uses) override {
        if (const auto slot = find(record)) EntryBuilder::set_access(slot.item(), uses << 22 | record.sequence);
    }
    // An empty slot where the record's entry has gone.
    EntryIndex::Slot find(const S3Fifo::Record& record) const {
        auto* table = slice_.table_if(record.database);
        if (table == nullptr) return {};
        return table->index.find(TagPlace(record.id), [&](const Entry& entry) {
            return entry.filled() && (entry.access() & S3Fifo::sequence_mask) == record.sequence &&
                   hash_key(entry.key()) == record.id;
        });
    }

  private:
    Slice& slice_;
};

}  // namespace sabil::cache
