// A consumer group: where it has read to, who holds which entries unacknowledged.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "cache/base/clock.h"
#include "cache/base/heap.h"
#include "cache/types/stream_id.h"

namespace sabil::cache {

template <class Key, class T, class Less = std::less<Key>>
using HeapMap = std::map<Key, T, Less, heap::Allocator<std::pair<const Key, T>>>;

// Nodes of the maps stay where they are, so consumers may be pointed to. Thread-safety: one thread at a time.
struct StreamConsumer {
    std::string name;
    WallTime seen{};                 // last attempt to read
    std::optional<WallTime> active;  // last successful one; nullopt: never
    std::set<StreamId, std::less<>, heap::Allocator<StreamId>> pending;
};

struct StreamPending {
    StreamConsumer* consumer = nullptr;
    WallTime delivered{};
    std::uint64_t deliveries = 0;
};

class StreamGroup {
  public:
    using Consumers = HeapMap<std::string, StreamConsumer, std::less<>>;
    using Pending = HeapMap<StreamId, StreamPending>;

    StreamGroup(StreamId last, std::optional<std::uint64_t> read) : last_delivered(last), entries_read(read) {}
    StreamGroup(StreamGroup&&) noexcept = default;
    StreamGroup(const StreamGroup&) = delete;
    StreamGroup& operator=(const StreamGroup&) = delete;

    StreamId last_delivered;
    std::optional<std::uint64_t> entries_read;  // how many entries were ever delivered; nullopt: not known

    const Consumers& consumers() const noexcept { return consumers_; }
    const Pending& pending() const noexcept { return pending_; }
    StreamConsumer* find_consumer(std::string_view name) noexcept;
    // The existing one or a new one, seen at `now`.
    StreamConsumer& consumer(std::string_view name, WallTime now);
    // Its pending entries go with it; how many there were, nullopt where there is no such consumer.
    std::optional<std::size_t> erase_consumer(std::string_view name);
    StreamPending* find_pending(StreamId id) noexcept;
    // Gives the entry to the consumer, whoever had it.
    StreamPending& assign(StreamId id, StreamConsumer& to, WallTime delivered, std::uint64_t deliveries);
    bool acknowledge(StreamId id);  // false: was not pending
    StreamGroup clone() const;

  private:
    Consumers consumers_;
    Pending pending_;
};

}  // namespace sabil::cache
