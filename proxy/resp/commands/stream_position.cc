#include "proxy/resp/commands/stream_position.h"

namespace sabil::proxy::resp {
namespace {

using cache::StreamData;
using cache::StreamId;

// Whether an entry from `id` on may have been deleted.
bool may_have_gaps_from(const StreamData& stream, StreamId id) noexcept {
    if (stream.size() == 0 || stream.max_deleted_id() == StreamId::min()) return false;
    const auto first = stream.first_id();
    if (first && *first > stream.max_deleted_id()) return false;
    return id <= stream.max_deleted_id();
}

}  // namespace

std::optional<std::uint64_t> entries_up_to(const StreamData& stream, StreamId id) noexcept {
    if (stream.entries_added() == 0) return 0;
    if (stream.size() == 0 && id <= stream.last_id()) return stream.entries_added();
    if (id == stream.last_id()) return stream.entries_added();
    if (id > stream.last_id()) return std::nullopt;
    const auto first = stream.first_id();
    if (!first) return std::nullopt;
    // Nothing within the stream was deleted: entries went at the front only.
    const bool whole = stream.max_deleted_id() == StreamId::min() || stream.max_deleted_id() < *first;
    if (!whole || id > *first) return std::nullopt;
    return stream.entries_added() - stream.size() + (id == *first ? 1 : 0);
}

std::optional<std::uint64_t> group_lag(const StreamData& stream, const cache::StreamGroup& group) noexcept {
    const auto first = stream.first_id();
    if (stream.entries_added() == 0 || !first) return 0;
    // All that is there came after the group's last one, and nothing is missing in between.
    if (group.last_delivered < *first && !may_have_gaps_from(stream, *first)) return stream.size();
    if (group.entries_read && !may_have_gaps_from(stream, group.last_delivered)) {
        return stream.entries_added() - *group.entries_read;
    }
    const auto read = entries_up_to(stream, group.last_delivered);
    if (!read) return std::nullopt;
    return stream.entries_added() - *read;
}

void advance_group(const StreamData& stream, cache::StreamGroup& group, StreamId id) noexcept {
    const auto first = stream.first_id();
    const bool was_within = first && group.last_delivered >= *first;
    if (group.entries_read && was_within && !may_have_gaps_from(stream, group.last_delivered)) {
        ++*group.entries_read;
    } else if (stream.entries_added() > 0) {
        group.entries_read = entries_up_to(stream, id);
    }
    group.last_delivered = id;
}

}  // namespace sabil::proxy::resp
