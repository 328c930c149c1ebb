// Fields of hashes as numbers, and fields chosen at random.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/random_choice.h"
#include "proxy/resp/commands/typed_access.h"
#include "proxy/resp/number_format.h"

#include <cmath>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::Hash;
using cache::KeyRef;

// HINCRBY key field increment
void hincrby(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t by = 0;
    if (!integer_argument(args[3], by, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_for_write<Hash>(key);
    if (refuse_wrong_type(found, reply)) return;
    std::int64_t value = 0;
    if (const auto current = found ? found->get(args[2]) : std::nullopt) {
        DecimalBuffer scratch;
        const auto parsed = to_integer(current->text(scratch));
        if (!parsed) return reply.error("ERR hash value is not an integer");
        value = *parsed;
    }
    if (__builtin_add_overflow(value, by, &value)) return reply.error(errors::increment_overflow);
    DecimalBuffer digits;
    const auto hash = database.find_or_create<Hash>(key);
    hash->set(args[2], format_integer(value, digits), database.encodings(), true);
    database.changed(key, EventClass::hash, "hincrby");
    reply.integer(value);
}

// HINCRBYFLOAT key field increment
void hincrbyfloat(Database& database, Args args, Reply& reply, Session& session) {
    long double by = 0;
    if (!long_double_argument(args[3], by, reply)) return;
    if (std::isnan(by) || std::isinf(by)) return reply.error("ERR value is NaN or Infinity");
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_for_write<Hash>(key);
    if (refuse_wrong_type(found, reply)) return;
    long double value = 0;
    if (const auto current = found ? found->get(args[2]) : std::nullopt) {
        DecimalBuffer scratch;
        const auto parsed = to_long_double(current->text(scratch));
        if (!parsed) return reply.error("ERR hash value is not a float");
        value = *parsed;
    }
    value += by;
    if (std::isnan(value) || std::isinf(value)) return reply.error(errors::increment_not_finite);
    char text[long_double_bytes_max];
    const std::string_view sum(text, format_long_double(value, text));
    const auto hash = database.find_or_create<Hash>(key);
    hash->set(args[2], sum, database.encodings(), true);
    database.changed(key, EventClass::hash, "hincrbyfloat");
    session.log_instead({"HSET", key.key, args[2], sum});
    reply.bulk(sum);
}

// HRANDFIELD key [count [WITHVALUES]]
void hrandfield(Database& database, Args args, Reply& reply, Session& session) {
    RandomRequest request;
    if (!parse_random_request(args, "withvalues", request, reply, session)) return;
    const auto hash = database.find<Hash>(session.key(args[1]));
    if (refuse_wrong_type(hash, reply)) return;
    if (!request.has_count) {
        if (!hash) return reply.null();
        return hash->random(random_bits(), [&](ElementView field, ElementView) { reply_element(reply, field); });
    }
    // In RESP3 each field with its value is an array of its own.
    const bool nested = request.with_values && reply.resp_version() == 3;
    const auto write = [&](ElementView field, ElementView value) {
        if (nested) reply.array(2);
        reply_element(reply, field);
        if (request.with_values) reply_element(reply, value);
    };
    const std::size_t size = hash ? hash->size() : 0;
    const std::size_t count = request.result_count(size);
    reply.array(request.with_values && !nested ? count * 2 : count);
    if (request.repeats()) {
        for (std::size_t i = 0; i < count; ++i) hash->random(random_bits(), write);
        return;
    }
    DistinctChoice chosen(size, count);
    if (count > 0) {
        hash->for_each([&](ElementView field, ElementView value) {
            if (chosen.take_next()) write(field, value);
        });
    }
}

constexpr CommandSpec rows[] = {
    {.name = "hincrby",
     .arguments = "key field increment:integer",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::hash,
     .since = "2.0.0",
     .summary = "Adds an integer to a field's value.",
     .complexity = "O(1)",
     .handler = hincrby},
    {.name = "hincrbyfloat",
     .arguments = "key field increment:double",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::hash,
     .since = "2.6.0",
     .summary = "Adds a floating-point number to a field's value.",
     .complexity = "O(1)",
     .handler = hincrbyfloat},
    {.name = "hrandfield",
     .arguments = "key [<options> count:integer [WITHVALUES]]",
     .arity = -2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "6.2.0",
     .summary = "Returns fields chosen at random.",
     .complexity = "O(N)",
     .handler = hrandfield},
};

}  // namespace

CommandFamily hash_number_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
