#include "cache/types/stream_group.h"

namespace sabil::cache {

StreamConsumer* StreamGroup::find_consumer(std::string_view name) noexcept {
    const auto found = consumers_.find(name);
    return found == consumers_.end() ? nullptr : &found->second;
}

StreamConsumer& StreamGroup::consumer(std::string_view name, WallTime now) {
    if (auto* found = find_consumer(name)) return *found;
    auto& made = consumers_[std::string(name)];
    made.name = std::string(name);
    made.seen = now;
    return made;
}

std::optional<std::size_t> StreamGroup::erase_consumer(std::string_view name) {
    const auto found = consumers_.find(name);
    if (found == consumers_.end()) return std::nullopt;
    const auto count = found->second.pending.size();
    for (const auto& id : found->second.pending) pending_.erase(id);
    consumers_.erase(found);
    return count;
}

StreamPending* StreamGroup::find_pending(StreamId id) noexcept {
    const auto found = pending_.find(id);
    return found == pending_.end() ? nullptr : &found->second;
}

StreamPending& StreamGroup::assign(StreamId id, StreamConsumer& to, WallTime delivered, std::uint64_t deliveries) {
    auto& pending = pending_[id];
    if (pending.consumer != &to) {
        if (pending.consumer != nullptr) pending.consumer->pending.erase(id);
        to.pending.insert(id);
    }
    pending = {&to, delivered, deliveries};
    return pending;
}

bool StreamGroup::acknowledge(StreamId id) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) return false;
    if (found->second.consumer != nullptr) found->second.consumer->pending.erase(id);
    pending_.erase(found);
    return true;
}

StreamGroup StreamGroup::clone() const {
    StreamGroup copy(last_delivered, entries_read);
    for (const auto& [name, consumer] : consumers_) {
        auto& made = copy.consumer(name, consumer.seen);
        made.active = consumer.active;
    }
    for (const auto& [id, pending] : pending_) {
        if (pending.consumer == nullptr) continue;
        copy.assign(id, *copy.find_consumer(pending.consumer->name), pending.delivered, pending.deliveries);
    }
    return copy;
}

}  // namespace sabil::cache
