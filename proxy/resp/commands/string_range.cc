// Parts of strings.
#include "cache/base/limits.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <cstring>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;

// APPEND key value
void append(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_string(key);
    if (refuse_wrong_type(found, reply)) return;
    const std::size_t length = found ? found->size() : 0;
    if (args[2].size() > limits::value_bytes - std::min(length, limits::value_bytes)) {
        return reply.error(errors::string_too_long);
    }
    const auto total = database.append(key, args[2]);
    database.changed(key, EventClass::string, "append");
    reply.integer(static_cast<std::int64_t>(total.value_or(0)));
}

// STRLEN key
void strlen(Database& database, Args args, Reply& reply, Session& session) {
    const auto found = database.find_string(session.key(args[1]));
    if (refuse_wrong_type(found, reply)) return;
    reply.integer(found ? static_cast<std::int64_t>(found->size()) : 0);
}

// SETRANGE key offset value
void setrange(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t offset = 0;
    if (!integer_argument(args[2], offset, reply)) return;
    if (offset < 0) return reply.error(errors::offset_out_of_range);
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_string(key);
    if (refuse_wrong_type(found, reply)) return;
    const auto value = args[3];
    if (value.empty()) return reply.integer(found ? static_cast<std::int64_t>(found->size()) : 0);
    if (static_cast<std::uint64_t>(offset) > limits::value_bytes - std::min(value.size(), limits::value_bytes)) {
        return reply.error(errors::string_too_long);
    }
    const auto text = database.edit_string(key, true);
    const auto end = static_cast<std::size_t>(offset) + value.size();
    if (text->size() < end) text->resize(end);
    std::copy(value.begin(), value.end(), text->data() + offset);
    const auto length = static_cast<std::int64_t>(text->size());
    database.changed(key, EventClass::string, "setrange");
    reply.integer(length);
}

// The bytes from `first` to `last`, both included; negative ones count from the end.
std::string_view slice(std::string_view text, std::int64_t first, std::int64_t last) noexcept {
    const auto size = static_cast<std::int64_t>(text.size());
    if (first < 0 && last < 0 && first > last) return {};
    if (first < 0) first = std::max<std::int64_t>(0, first + size);
    if (last < 0) last = std::max<std::int64_t>(0, last + size);
    last = std::min(last, size - 1);
    if (first > last) return {};
    return text.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1));
}

// GETRANGE key start end
void getrange(Database& database, Args args, Reply& reply, Session&) {
    std::int64_t first = 0;
    std::int64_t last = 0;
    if (!integer_argument(args[2], first, reply) || !integer_argument(args[3], last, reply)) return;
    const auto found = database.find_string(KeyRef(args[1]));
    if (refuse_wrong_type(found, reply)) return;
    DecimalBuffer scratch;
    reply.bulk(found ? slice(found->text(scratch), first, last) : std::string_view{});
}

constexpr CommandSpec rows[] = {
    {.name = "append",
     .arguments = "key value",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::insert)},
     .group = Group::string,
     .since = "2.0.0",
     .summary = "Appends to the string stored at a key.",
     .complexity = "O(1)",
     .handler = append},
    {.name = "strlen",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::string,
     .since = "2.2.0",
     .summary = "Returns the length of the string stored at a key.",
     .complexity = "O(1)",
     .handler = strlen},
    {.name = "setrange",
     .arguments = "key offset:integer value",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::string,
     .since = "2.2.0",
     .summary = "Overwrites part of a string from an offset on.",
     .complexity = "O(1), not counting the time taken to copy the new string in place",
     .handler = setrange},
    {.name = "getrange",
     .arguments = "key start:integer end:integer",
     .arity = 4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::string,
     .since = "2.4.0",
     .summary = "Returns part of a string.",
     .complexity = "O(N)",
     .handler = getrange},
    {.name = "substr",
     .arguments = "key start:integer end:integer",
     .arity = 4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Returns part of a string.",
     .complexity = "O(N)",
     .handler = getrange,
     .deprecated_since = "2.0.0",
     .replaced_by = "`GETRANGE`"},
};

}  // namespace

CommandFamily string_range_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
