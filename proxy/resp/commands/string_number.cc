// Strings as numbers: INCR and its kin.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"
#include "proxy/resp/number_format.h"

#include <cmath>
#include <limits>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::ExpiryRule;
using cache::KeyRef;

// Adds to the integer in place where there is one.
void add(Database& database, const KeyRef& key, std::int64_t by, Reply& reply) {
    cache::Entry* entry = database.find_for_write(key);
    if (entry != nullptr && entry->type() != cache::ValueType::string) return reply.error(errors::wrong_type);
    std::int64_t value = 0;
    std::int64_t* in_place = entry != nullptr ? entry->integer() : nullptr;
    if (in_place != nullptr) {
        value = *in_place;
    } else if (entry != nullptr) {
        const auto parsed = to_integer(entry->string().bytes());
        if (!parsed) return reply.error(errors::not_integer);
        value = *parsed;
    }
    if (__builtin_add_overflow(value, by, &value)) return reply.error(errors::increment_overflow);
    if (in_place != nullptr) {
        *in_place = value;
    } else {
        database.set_integer(key, value);
    }
    database.changed(key, EventClass::string, "incrby");
    reply.integer(value);
}

// INCR key
void incr(Database& database, Args args, Reply& reply, Session& session) {
    add(database, session.key(args[1]), 1, reply);
}

// DECR key
void decr(Database& database, Args args, Reply& reply, Session& session) {
    add(database, session.key(args[1]), -1, reply);
}

// INCRBY key increment
void incrby(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t by = 0;
    if (integer_argument(args[2], by, reply)) add(database, session.key(args[1]), by, reply);
}

// DECRBY key decrement
void decrby(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t by = 0;
    if (!integer_argument(args[2], by, reply)) return;
    if (by == std::numeric_limits<std::int64_t>::min()) return reply.error("ERR decrement would overflow");
    add(database, session.key(args[1]), -by, reply);
}

// INCRBYFLOAT key increment
void incrbyfloat(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_string(key);
    if (refuse_wrong_type(found, reply)) return;
    long double value = 0;
    long double by = 0;
    if (found) {
        DecimalBuffer scratch;
        if (!long_double_argument(found->text(scratch), value, reply)) return;
    }
    if (!long_double_argument(args[2], by, reply)) return;
    value += by;
    if (std::isnan(value) || std::isinf(value)) return reply.error(errors::increment_not_finite);
    char text[long_double_bytes_max];
    const std::string_view sum(text, format_long_double(value, text));
    database.set_string(key, sum, ExpiryRule::keep);
    database.changed(key, EventClass::string, "incrbyfloat");
    session.log_instead({"SET", key.key, sum, "KEEPTTL"});
    reply.bulk(sum);
}

constexpr CommandSpec rows[] = {
    {.name = "incr",
     .arguments = "key",
     .arity = 2,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Adds one to the integer stored at a key.",
     .complexity = "O(1)",
     .handler = incr},
    {.name = "decr",
     .arguments = "key",
     .arity = 2,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Subtracts one from the integer stored at a key.",
     .complexity = "O(1)",
     .handler = decr},
    {.name = "incrby",
     .arguments = "key increment:integer",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Adds an integer to the one stored at a key.",
     .complexity = "O(1)",
     .handler = incrby},
    {.name = "decrby",
     .arguments = "key decrement:integer",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Subtracts an integer from the one stored at a key.",
     .complexity = "O(1)",
     .handler = decrby},
    {.name = "incrbyfloat",
     .arguments = "key increment:double",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::string,
     .since = "2.6.0",
     .summary = "Adds a floating-point number to the one stored at a key.",
     .complexity = "O(1)",
     .handler = incrbyfloat},
};

}  // namespace

CommandFamily string_number_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
