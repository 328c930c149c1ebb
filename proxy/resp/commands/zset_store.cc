// The commands over several sorted sets.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/zset_algebra.h"
#include "proxy/resp/commands/zset_bounds.h"

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;

void reply_combined(Database& database, Args args, SetOperation operation, std::string_view command, Reply& reply) {
    AlgebraRequest request;
    request.operation = operation;
    request.command = command;
    if (!request.parse(database, args, 1, reply)) return;
    const auto result = combine(request, database.encodings());
    const ScoredWriter out(reply, request.with_scores);
    reply.array(out.parts(result.size()));
    if (result.empty()) return;
    result.for_each([&](ElementView member, double score) {
        out.write(member, score);
        return true;
    });
}

// The command's name is its event.
void store_combined(Database& database, Args args, SetOperation operation, std::string_view command, Reply& reply,
                    Session& session) {
    AlgebraRequest request;
    request.operation = operation;
    request.command = command;
    request.stores = true;
    if (!request.parse(database, args, 2, reply)) return;
    auto result = combine(request, database.encodings());
    const KeyRef destination = session.key(args[1]);
    const auto size = static_cast<std::int64_t>(result.size());
    if (size > 0) {
        database.replace(destination, cache::Value(std::move(result)));
        database.changed(destination, EventClass::zset, command);
    } else if (database.erase(destination)) {
        database.changed(destination, EventClass::generic, "del");
    }
    reply.integer(size);
}

// ZUNION numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]
void zunion(Database& database, Args args, Reply& reply, Session&) {
    reply_combined(database, args, SetOperation::set_union, "zunion", reply);
}

// ZINTER numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE SUM | MIN | MAX] [WITHSCORES]
void zinter(Database& database, Args args, Reply& reply, Session&) {
    reply_combined(database, args, SetOperation::intersection, "zinter", reply);
}

// ZDIFF numkeys key [key ...] [WITHSCORES]
void zdiff(Database& database, Args args, Reply& reply, Session&) {
    reply_combined(database, args, SetOperation::difference, "zdiff", reply);
}

// ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE SUM | MIN | MAX]
void zunionstore(Database& database, Args args, Reply& reply, Session& session) {
    store_combined(database, args, SetOperation::set_union, "zunionstore", reply, session);
}

// ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight ...] [AGGREGATE SUM | MIN | MAX]
void zinterstore(Database& database, Args args, Reply& reply, Session& session) {
    store_combined(database, args, SetOperation::intersection, "zinterstore", reply, session);
}

// ZDIFFSTORE destination numkeys key [key ...]
void zdiffstore(Database& database, Args args, Reply& reply, Session& session) {
    store_combined(database, args, SetOperation::difference, "zdiffstore", reply, session);
}

// ZINTERCARD numkeys key [key ...] [LIMIT limit]
void zintercard(Database& database, Args args, Reply& reply, Session&) {
    AlgebraRequest request;
    request.operation = SetOperation::intersection;
    request.command = "zintercard";
    request.only_count = true;
    if (!request.parse(database, args, 1, reply)) return;
    reply.integer(static_cast<std::int64_t>(count_intersection(request)));
}

constexpr CommandSpec rows[] = {
    {.name = "zunion",
     .arguments = "numkeys:integer key... [WEIGHTS weight:integer]... [<aggregate:AGGREGATE> SUM | MIN | MAX] "
                  "[WITHSCORES]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::counted(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "6.2.0",
     .summary = "Returns the union of sorted sets.",
     .complexity = "O(N)+O(M*log(M))",
     .handler = zunion},
    {.name = "zinter",
     .arguments = "numkeys:integer key... [WEIGHTS weight:integer]... [<aggregate:AGGREGATE> SUM | MIN | MAX] "
                  "[WITHSCORES]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::counted(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "6.2.0",
     .summary = "Returns the intersection of sorted sets.",
     .complexity = "O(N*K)+O(M*log(M)) worst case",
     .handler = zinter},
    {.name = "zdiff",
     .arguments = "numkeys:integer key... [WITHSCORES]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::counted(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "6.2.0",
     .summary = "Returns the members of the first sorted set that no other has.",
     .complexity = "O(L + (N-K)log(N)) worst case",
     .handler = zdiff},
    {.name = "zunionstore",
     .arguments = "destination:key numkeys:integer key... [WEIGHTS weight:integer]... [<aggregate:AGGREGATE> SUM "
                  "| MIN | MAX]",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update), keys::counted(2, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.0.0",
     .summary = "Stores the union of sorted sets.",
     .complexity = "O(N)+O(M log(M))",
     .handler = zunionstore},
    {.name = "zinterstore",
     .arguments = "destination:key numkeys:integer key... [WEIGHTS weight:integer]... [<aggregate:AGGREGATE> SUM "
                  "| MIN | MAX]",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update), keys::counted(2, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.0.0",
     .summary = "Stores the intersection of sorted sets.",
     .complexity = "O(N*K)+O(M*log(M)) worst case",
     .handler = zinterstore},
    {.name = "zdiffstore",
     .arguments = "destination:key numkeys:integer key...",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update), keys::counted(2, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "6.2.0",
     .summary = "Stores the members of the first sorted set that no other has.",
     .complexity = "O(L + (N-K)log(N)) worst case",
     .handler = zdiffstore},
    {.name = "zintercard",
     .arguments = "numkeys:integer key... [LIMIT limit:integer]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::counted(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "7.0.0",
     .summary = "Returns the size of the intersection of sorted sets.",
     .complexity = "O(N*K) worst case",
     .handler = zintercard},
};

}  // namespace

CommandFamily zset_store_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
