// Keys between databases: COPY and MOVE. A key's slice is the same in every database, so its lock covers both ends.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;

bool database_argument(const Database& database, std::string_view text, unsigned& index, Reply& reply) {
    std::int64_t value = 0;
    if (!integer_in_range(text, INT32_MIN, INT32_MAX, value, reply)) return false;
    if (value < 0 || value >= database.keyspace().databases_count()) {
        reply.error(errors::database_out_of_range);
        return false;
    }
    index = static_cast<unsigned>(value);
    return true;
}

cache::Value copy_of(const cache::Entry& entry) {
    using cache::ValueType;
    switch (entry.type()) {
        case ValueType::list:
            return cache::Value(entry.get<cache::List>()->clone());
        case ValueType::set:
            return cache::Value(entry.get<cache::Set>()->clone());
        case ValueType::zset:
            return cache::Value(entry.get<cache::ZSet>()->clone());
        case ValueType::hash:
            return cache::Value(entry.get<cache::Hash>()->clone());
        case ValueType::stream:
            return cache::Value(entry.get<cache::Stream>()->clone());
        default:
            break;
    }
    DecimalBuffer scratch;
    return cache::Value::string(entry.string().text(scratch));
}

// COPY source destination [DB index] [REPLACE]
void copy(Database& database, Args args, Reply& reply, Session& session) {
    unsigned index = database.index();
    bool replace = false;
    for (std::size_t i = 3; i < args.size(); ++i) {
        if (equals_ignoring_case(args[i], "replace")) {
            replace = true;
        } else if (equals_ignoring_case(args[i], "db") && i + 1 < args.size()) {
            if (!database_argument(database, args[++i], index, reply)) return;
        } else {
            return reply.error(errors::syntax);
        }
    }
    const KeyRef from = session.key(args[1]);
    const KeyRef to(args[2]);
    if (index == database.index() && from.key == to.key) return reply.error(errors::same_object);
    const auto* source = database.find(from);
    if (source == nullptr) return reply.integer(0);
    Database target(database.keyspace(), index, database.holds_all());
    if (target.contains(to) && !replace) return reply.integer(0);
    target.replace(to, copy_of(*source), source->expiry());
    target.changed(to, EventClass::generic, "copy_to");
    reply.integer(1);
}

// MOVE key db
void move(Database& database, Args args, Reply& reply, Session& session) {
    unsigned index = 0;
    if (!database_argument(database, args[2], index, reply)) return;
    if (index == database.index()) return reply.error(errors::same_object);
    const KeyRef key = session.key(args[1]);
    Database target(database.keyspace(), index, database.holds_all());
    if (!database.contains(key) || target.contains(key)) return reply.integer(0);
    auto taken = database.take(key);
    if (!taken) return reply.integer(0);
    target.replace(key, std::move(taken->value), taken->expiry);
    database.changed(key, EventClass::generic, "move_from");
    target.changed(key, EventClass::generic, "move_to");
    reply.integer(1);
}

constexpr CommandSpec rows[] = {
    {.name = "copy",
     .arguments = "source:key destination:key [DB destination-db:integer] [REPLACE]",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ro | key_flag::access), keys::one(2, key_flag::ow | key_flag::update)},
     .group = Group::generic,
     .since = "6.2.0",
     .summary = "Copies a key's value to another key.",
     .complexity = "O(N) worst case",
     .handler = copy},
    {.name = "move",
     .arguments = "key db:integer",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Moves a key to another database.",
     .complexity = "O(1)",
     .handler = move},
};

}  // namespace

CommandFamily keys_copy_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
