// How far a consumer group has come: how many entries it was given, and how many are still to come.
#pragma once

#include "cache/types/stream_data.h"

#include <cstdint>
#include <optional>

namespace sabil::proxy::resp {

// How many entries were ever added up to and with `id`; nothing where deletions make it unknown.
std::optional<std::uint64_t> entries_up_to(const cache::StreamData& stream, cache::StreamId id) noexcept;
// Entries that the group has not been given; nothing where deletions make it unknown.
std::optional<std::uint64_t> group_lag(const cache::StreamData& stream, const cache::StreamGroup& group) noexcept;
// The group is given the entry, which is above its last one.
void advance_group(const cache::StreamData& stream, cache::StreamGroup& group, cache::StreamId id) noexcept;

}  // namespace sabil::proxy::resp
