#include "cache/eviction/s3_fifo.h"

#include <algorithm>

namespace sabil::cache {

void S3Fifo::Queue::push(const Record& record) {
    records.push_back(record);
    bytes += record.bytes;
}

S3Fifo::Record S3Fifo::Queue::pop() {
    auto record = records.front();
    records.pop_front();
    bytes -= record.bytes;
    return record;
}

std::uint32_t* S3Fifo::Ghosts::set_of(std::uint64_t id) noexcept {
    const auto sets = fingerprints_.size() / set_size;
    return fingerprints_.data() + static_cast<std::size_t>((id & 0xffffffff) * sets >> 32) * set_size;
}

void S3Fifo::Ghosts::insert(std::uint64_t id, std::size_t wanted_count) {
    // Sets are found by a hash's high part of 32 bits, so another size forgets what was known: sizes change by
    // doubling.
    if (fingerprints_.size() < wanted_count || fingerprints_.empty()) {
        const auto doubled = std::max<std::size_t>({set_size * 2, fingerprints_.size() * 2, wanted_count});
        fingerprints_.assign((doubled + set_size - 1) / set_size * set_size, 0);
    }
    auto* set = set_of(id);
    std::copy_backward(set, set + set_size - 1, set + set_size);
    set[0] = static_cast<std::uint32_t>(id >> 32) | 1;
}

bool S3Fifo::Ghosts::take(std::uint64_t id) noexcept {
    if (fingerprints_.empty()) return false;
    auto* set = set_of(id);
    auto* found = std::find(set, set + set_size, static_cast<std::uint32_t>(id >> 32) | 1);
    if (found == set + set_size) return false;
    std::copy(found + 1, set + set_size, found);
    set[set_size - 1] = 0;
    return true;
}

std::uint32_t S3Fifo::admit(std::uint64_t id, std::uint16_t database, std::size_t bytes) {
    Record record{id, next_sequence_, static_cast<std::uint32_t>(std::min<std::size_t>(bytes, UINT32_MAX)), database};
    next_sequence_ = (next_sequence_ + 1) & sequence_mask;
    (ghosts_.take(id) ? main_ : small_).push(record);
    return record.sequence;
}

// One step: nullopt where the entry had gone or moved on.
std::optional<S3Fifo::Record> S3Fifo::from_small(Residents& residents) {
    const auto record = small_.pop();
    const auto uses = residents.uses(record);
    if (!uses) return std::nullopt;
    if (*uses > 1) {
        residents.set_uses(record, 0);
        main_.push(record);
        return std::nullopt;
    }
    ghosts_.insert(record.id, main_.records.size() + small_.records.size());
    return record;
}

std::optional<S3Fifo::Record> S3Fifo::from_main(Residents& residents) {
    const auto record = main_.pop();
    const auto uses = residents.uses(record);
    if (!uses) return std::nullopt;
    if (*uses == 0) return record;
    residents.set_uses(record, *uses - 1);
    main_.push(record);
    return std::nullopt;
}

std::optional<S3Fifo::Record> S3Fifo::victim(Residents& residents) {
    while (!small_.records.empty() || !main_.records.empty()) {
        const bool small_is_over = small_.bytes * 10 > small_.bytes + main_.bytes;
        const bool use_small = main_.records.empty() || (small_is_over && !small_.records.empty());
        if (auto record = use_small ? from_small(residents) : from_main(residents)) return record;
    }
    return std::nullopt;
}

void S3Fifo::compact(Residents& residents) {
    for (auto* queue : {&small_, &main_}) {
        std::erase_if(queue->records, [&](const Record& record) { return !residents.uses(record); });
        queue->bytes = 0;
        for (const auto& record : queue->records) queue->bytes += record.bytes;
        queue->records.shrink_to_fit();
    }
}

void S3Fifo::swap_databases(std::uint16_t first, std::uint16_t second) noexcept {
    for (auto* queue : {&small_, &main_}) {
        for (auto& record : queue->records) {
            if (record.database == first) {
                record.database = second;
            } else if (record.database == second) {
                record.database = first;
            }
        }
    }
}

std::size_t S3Fifo::heap_bytes() const noexcept {
    return (small_.records.size() + main_.records.size()) * sizeof(Record) + ghosts_.heap_bytes();
}

}  // namespace sabil::cache
