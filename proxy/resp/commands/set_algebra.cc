// Intersections, unions and differences of sets.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;
using cache::Set;

enum class Operation : std::uint8_t { intersection, set_union, difference };

// A missing key is an empty set, nullptr here. Nothing, with the error written, where a key holds another type.
using Operands = std::vector<const Set*>;

std::optional<Operands> find_operands(Database& database, Args names, Reply& reply) {
    Operands operands;
    operands.reserve(names.size());
    for (const auto name : names) {
        const auto set = database.find<Set>(KeyRef(name));
        if (refuse_wrong_type(set, reply)) return std::nullopt;
        operands.push_back(set.value);
    }
    return operands;
}

// Visits each member of the intersection, until `visit` returns false: those of the smallest set that all others have.
template <class Visit>
void intersect(Operands operands, Visit visit) {
    if (std::find(operands.begin(), operands.end(), nullptr) != operands.end()) return;
    std::sort(operands.begin(), operands.end(), [](const Set* a, const Set* b) { return a->size() < b->size(); });
    operands[0]->for_each([&](ElementView member) {
        DecimalBuffer scratch;
        const auto text = member.text(scratch);
        const bool everywhere =
            std::all_of(operands.begin() + 1, operands.end(), [&](const Set* other) { return other->contains(text); });
        return !everywhere || visit(text);
    });
}

// Visits each member that only the first set has.
template <class Visit>
void subtract(const Operands& operands, Visit visit) {
    if (operands[0] == nullptr) return;
    operands[0]->for_each([&](ElementView member) {
        DecimalBuffer scratch;
        const auto text = member.text(scratch);
        const bool elsewhere = std::any_of(operands.begin() + 1, operands.end(),
                                           [&](const Set* other) { return other != nullptr && other->contains(text); });
        if (!elsewhere) visit(text);
        return true;
    });
}

Set combine(Operation operation, const Operands& operands, const cache::EncodingLimits& encodings) {
    Set result;
    const auto add = [&](std::string_view member) {
        result.add(member, encodings);
        return true;
    };
    switch (operation) {
        case Operation::intersection:
            intersect(operands, add);
            break;
        case Operation::difference:
            subtract(operands, add);
            break;
        case Operation::set_union:
            for (const Set* operand : operands) {
                if (operand == nullptr) continue;
                operand->for_each([&](ElementView member) {
                    DecimalBuffer scratch;
                    return add(member.text(scratch));
                });
            }
            break;
    }
    return result;
}

void reply_combined(Database& database, Args args, Operation operation, Reply& reply) {
    const auto operands = find_operands(database, args.subspan(1), reply);
    if (!operands) return;
    if (operation == Operation::intersection) {
        const auto mark = reply.open();
        std::size_t count = 0;
        intersect(*operands, [&](std::string_view member) {
            reply.bulk(member);
            ++count;
            return true;
        });
        return reply.close_set(mark, count);
    }
    const Set result = combine(operation, *operands, database.encodings());
    reply.set(result.size());
    result.for_each([&](ElementView member) {
        reply_element(reply, member);
        return true;
    });
}

void store_combined(Database& database, Args args, Operation operation, std::string_view event, Reply& reply,
                    Session& session) {
    const auto operands = find_operands(database, args.subspan(2), reply);
    if (!operands) return;
    Set result = combine(operation, *operands, database.encodings());
    const KeyRef destination = session.key(args[1]);
    const auto size = static_cast<std::int64_t>(result.size());
    if (size > 0) {
        database.replace(destination, cache::Value(std::move(result)));
        database.changed(destination, EventClass::set, event);
    } else if (database.erase(destination)) {
        database.changed(destination, EventClass::generic, "del");
    }
    reply.integer(size);
}

// SINTER key [key ...]
void sinter(Database& database, Args args, Reply& reply, Session&) {
    reply_combined(database, args, Operation::intersection, reply);
}

// SUNION key [key ...]
void sunion(Database& database, Args args, Reply& reply, Session&) {
    reply_combined(database, args, Operation::set_union, reply);
}

// SDIFF key [key ...]
void sdiff(Database& database, Args args, Reply& reply, Session&) {
    reply_combined(database, args, Operation::difference, reply);
}

// SINTERSTORE destination key [key ...]
void sinterstore(Database& database, Args args, Reply& reply, Session& session) {
    store_combined(database, args, Operation::intersection, "sinterstore", reply, session);
}

// SUNIONSTORE destination key [key ...]
void sunionstore(Database& database, Args args, Reply& reply, Session& session) {
    store_combined(database, args, Operation::set_union, "sunionstore", reply, session);
}

// SDIFFSTORE destination key [key ...]
void sdiffstore(Database& database, Args args, Reply& reply, Session& session) {
    store_combined(database, args, Operation::difference, "sdiffstore", reply, session);
}

// SINTERCARD numkeys key [key ...] [LIMIT limit]
void sintercard(Database& database, Args args, Reply& reply, Session&) {
    std::int64_t count = 0;
    if (!integer_in_range(args[1], 1, INT64_MAX, count, reply, errors::numkeys_not_positive)) return;
    const auto keys_count = static_cast<std::size_t>(count);
    if (keys_count > args.size() - 2) return reply.error("ERR Number of keys can't be greater than number of args");
    std::int64_t limit = 0;
    for (std::size_t i = 2 + keys_count; i < args.size(); i += 2) {
        if (!equals_ignoring_case(args[i], "limit") || i + 1 >= args.size()) return reply.error(errors::syntax);
        if (!integer_in_range(args[i + 1], 0, INT64_MAX, limit, reply, "ERR LIMIT can't be negative")) return;
    }
    const auto operands = find_operands(database, args.subspan(2, keys_count), reply);
    if (!operands) return;
    std::int64_t found = 0;
    intersect(*operands, [&](std::string_view) { return ++found != limit; });
    reply.integer(found);
}

constexpr CommandSpec rows[] = {
    {.name = "sinter",
     .arguments = "key...",
     .arity = -2,
     .access = Access::read(),
     .keys = {keys::range(1, -1, 1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Returns the intersection of sets.",
     .complexity = "O(N*M) worst case",
     .handler = sinter},
    {.name = "sunion",
     .arguments = "key...",
     .arity = -2,
     .access = Access::read(),
     .keys = {keys::range(1, -1, 1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Returns the union of sets.",
     .complexity = "O(N)",
     .handler = sunion},
    {.name = "sdiff",
     .arguments = "key...",
     .arity = -2,
     .access = Access::read(),
     .keys = {keys::range(1, -1, 1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Returns the members of the first set that no other has.",
     .complexity = "O(N)",
     .handler = sdiff},
    {.name = "sinterstore",
     .arguments = "destination:key key...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::update), keys::range(2, -1, 1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Stores the intersection of sets.",
     .complexity = "O(N*M) worst case",
     .handler = sinterstore},
    {.name = "sunionstore",
     .arguments = "destination:key key...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update), keys::range(2, -1, 1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Stores the union of sets.",
     .complexity = "O(N)",
     .handler = sunionstore},
    {.name = "sdiffstore",
     .arguments = "destination:key key...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update), keys::range(2, -1, 1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Stores the members of the first set that no other has.",
     .complexity = "O(N)",
     .handler = sdiffstore},
    {.name = "sintercard",
     .arguments = "numkeys:integer key... [LIMIT limit:integer]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::counted(1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "7.0.0",
     .summary = "Returns the size of the intersection of sets.",
     .complexity = "O(N*M) worst case",
     .handler = sintercard},
};

}  // namespace

CommandFamily set_algebra_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
