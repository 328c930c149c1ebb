// Stream ids, ranges of them and trimming options as arguments; entries as replies.
#pragma once

#include "cache/types/stream_data.h"
#include "proxy/resp/args.h"
#include "proxy/resp/commands/typed_access.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sabil::proxy::resp {

// `ms` or `ms-seq`; a missing sequence number becomes `missing_sequence`. Nothing where it is no id.
std::optional<cache::StreamId> to_stream_id(std::string_view text, std::uint64_t missing_sequence);
// Error: "ERR Invalid stream ID specified as stream command argument".
bool stream_id_argument(std::string_view text, std::uint64_t missing_sequence, cache::StreamId& id, Reply& reply);
// The bounds of a range, each `-`, `+`, an id, or `(` and an id for one that is left out. Errors: as above, "ERR
// invalid start ID for the interval", "ERR invalid end ID for the interval".
bool stream_start_argument(std::string_view text, cache::StreamId& from, Reply& reply);
bool stream_end_argument(std::string_view text, cache::StreamId& to, Reply& reply);

// MAXLEN and MINID of XADD and XTRIM.
struct TrimRequest {
    enum class By : std::uint8_t { nothing, length, id };
    By by = By::nothing;
    std::int64_t length = 0;
    cache::StreamId min;
    bool approximate = false;
    std::optional<std::int64_t> limit;

    // Takes the option at args[at], where it is one of these; `taken` is how many arguments it has, or 0.
    bool take(Args args, std::size_t at, std::size_t& taken, Reply& reply);
    bool check(Reply& reply) const;
    std::size_t apply(cache::StreamData& stream, const cache::EncodingLimits& limits) const;

  private:
    bool take_threshold(Args args, std::size_t at, By found, std::size_t& taken, Reply& reply);
};

void reply_stream_id(cache::StreamId id, Reply& reply);
// [id, [field, value, ...]]
void reply_stream_entry(const cache::StreamEntryView& entry, Reply& reply);
// The entry with that id; false, with nothing written, where there is none.
bool reply_stream_entry_at(const cache::StreamData& stream, cache::StreamId id, Reply& reply);
// Entries from .. to, at most `count` (0: all); as an array. How many were written.
std::size_t reply_stream_range(const cache::StreamData& stream, cache::StreamId from, cache::StreamId to,
                               std::size_t count, bool reverse, Reply& reply);

}  // namespace sabil::proxy::resp
