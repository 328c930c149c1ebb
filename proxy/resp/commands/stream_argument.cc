#include "proxy/resp/commands/stream_argument.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>

namespace sabil::proxy::resp {
namespace {

using cache::StreamId;

constexpr std::size_t id_bytes_max = 127;
constexpr std::string_view invalid_id = "ERR Invalid stream ID specified as stream command argument";
constexpr std::int64_t trim_limit_nodes = 100;       // of an approximate trim without LIMIT
constexpr std::int64_t trim_limit_default = 10'000;  // where nodes have no limit of entries
constexpr std::int64_t trim_limit_most = 1'000'000;

// As strtoull: blanks and a plus sign in front and leading zeros are fine.
std::optional<std::uint64_t> to_unsigned(std::string_view text) {
    if (text.empty() || text.find('-') != std::string_view::npos) return std::nullopt;
    const std::string digits(text);
    char* end = nullptr;
    errno = 0;
    const auto value = std::strtoull(digits.c_str(), &end, 10);
    if (errno != 0 || *end != '\0' || digits.find('\0') != std::string::npos) return std::nullopt;
    return value;
}

}  // namespace

std::optional<StreamId> to_stream_id(std::string_view text, std::uint64_t missing_sequence) {
    if (text.size() > id_bytes_max) return std::nullopt;
    const auto dash = text.find('-');
    const auto milliseconds = to_unsigned(text.substr(0, dash));
    if (!milliseconds) return std::nullopt;
    if (dash == std::string_view::npos) return StreamId{*milliseconds, missing_sequence};
    const auto sequence = to_unsigned(text.substr(dash + 1));
    if (!sequence) return std::nullopt;
    return StreamId{*milliseconds, *sequence};
}

bool stream_id_argument(std::string_view text, std::uint64_t missing_sequence, StreamId& id, Reply& reply) {
    const auto parsed = to_stream_id(text, missing_sequence);
    if (!parsed) {
        reply.error(invalid_id);
        return false;
    }
    id = *parsed;
    return true;
}

bool stream_start_argument(std::string_view text, StreamId& from, Reply& reply) {
    if (text == "-" || text == "+") {
        from = text == "-" ? StreamId::min() : StreamId::max();
        return true;
    }
    const bool left_out = !text.empty() && text[0] == '(';
    if (!stream_id_argument(text.substr(left_out ? 1 : 0), 0, from, reply)) return false;
    if (!left_out) return true;
    if (from == StreamId::max()) {
        reply.error("ERR invalid start ID for the interval");
        return false;
    }
    from = from.next();
    return true;
}

bool stream_end_argument(std::string_view text, StreamId& to, Reply& reply) {
    if (text == "-" || text == "+") {
        to = text == "-" ? StreamId::min() : StreamId::max();
        return true;
    }
    const bool left_out = !text.empty() && text[0] == '(';
    if (!stream_id_argument(text.substr(left_out ? 1 : 0), UINT64_MAX, to, reply)) return false;
    if (!left_out) return true;
    if (to == StreamId::min()) {
        reply.error("ERR invalid end ID for the interval");
        return false;
    }
    to = to.previous();
    return true;
}

bool TrimRequest::take_threshold(Args args, std::size_t at, By found, std::size_t& taken, Reply& reply) {
    if (by != By::nothing) {
        reply.error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
        return false;
    }
    by = found;
    taken = 2;
    if (at + 2 < args.size() && (args[at + 1] == "~" || args[at + 1] == "=")) {
        approximate = args[at + 1] == "~";
        taken = 3;
    }
    const auto threshold = args[at + taken - 1];
    if (by == By::id) return stream_id_argument(threshold, 0, min, reply);
    if (!integer_argument(threshold, length, reply)) return false;
    if (length >= 0) return true;
    reply.error("ERR The MAXLEN argument must be >= 0.");
    return false;
}

bool TrimRequest::take(Args args, std::size_t at, std::size_t& taken, Reply& reply) {
    taken = 0;
    if (at + 1 >= args.size()) return true;
    if (equals_ignoring_case(args[at], "maxlen")) return take_threshold(args, at, By::length, taken, reply);
    if (equals_ignoring_case(args[at], "minid")) return take_threshold(args, at, By::id, taken, reply);
    if (!equals_ignoring_case(args[at], "limit")) return true;
    std::int64_t value = 0;
    if (!integer_argument(args[at + 1], value, reply)) return false;
    if (value < 0) {
        reply.error("ERR The LIMIT argument must be >= 0.");
        return false;
    }
    limit = value;
    taken = 2;
    return true;
}

bool TrimRequest::check(Reply& reply) const {
    if (limit.value_or(0) > 0 && by == By::nothing) {
        reply.error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
        return false;
    }
    if (limit && !approximate) {
        reply.error("ERR syntax error, LIMIT cannot be used without the special ~ option");
        return false;
    }
    return true;
}

std::size_t TrimRequest::apply(cache::StreamData& stream, const cache::EncodingLimits& limits) const {
    if (by == By::nothing) return 0;
    std::int64_t most = limit.value_or(0);
    if (approximate && !limit) {
        most = trim_limit_nodes * static_cast<std::int64_t>(limits.stream_node_max_entries);
        most = most > 0 ? std::min(most, trim_limit_most) : trim_limit_default;
    }
    const cache::StreamTrim trim{approximate, static_cast<std::size_t>(most)};
    return by == By::id ? stream.trim_before(min, trim) : stream.trim_to_length(static_cast<std::size_t>(length), trim);
}

void reply_stream_id(StreamId id, Reply& reply) {
    char text[48];
    auto end = std::to_chars(text, text + sizeof text, id.milliseconds).ptr;
    *end++ = '-';
    end = std::to_chars(end, text + sizeof text, id.sequence).ptr;
    reply.bulk({text, static_cast<std::size_t>(end - text)});
}

void reply_stream_entry(const cache::StreamEntryView& entry, Reply& reply) {
    reply.array(2);
    reply_stream_id(entry.id(), reply);
    reply.array(2 * entry.fields());
    entry.for_each([&](cache::ElementView field, cache::ElementView value) {
        reply_element(reply, field);
        reply_element(reply, value);
    });
}

bool reply_stream_entry_at(const cache::StreamData& stream, StreamId id, Reply& reply) {
    bool found = false;
    stream.for_range(id, id, [&](const cache::StreamEntryView& entry) {
        reply_stream_entry(entry, reply);
        found = true;
        return false;
    });
    return found;
}

std::size_t reply_stream_range(const cache::StreamData& stream, StreamId from, StreamId to, std::size_t count,
                               bool reverse, Reply& reply) {
    const auto mark = reply.open();
    std::size_t written = 0;
    const auto visit = [&](const cache::StreamEntryView& entry) {
        reply_stream_entry(entry, reply);
        return ++written != count;
    };
    if (from <= to) reverse ? stream.for_range_reverse(from, to, visit) : stream.for_range(from, to, visit);
    reply.close_array(mark, written);
    return written;
}

}  // namespace sabil::proxy::resp
