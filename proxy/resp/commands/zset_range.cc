// Ranges of sorted sets: reading, counting, storing and removing them.
#include "proxy/resp/commands/zset_range.h"

#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/zset_bounds.h"

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;
using cache::ZSet;

void reply_range(Database& database, Args args, ZRangeRequest request, Reply& reply, Session& session) {
    if (!request.parse(args, 2, reply)) return;
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (refuse_wrong_type(zset, reply)) return;
    if (!zset) return reply.array(0);
    const auto range = request.ranks(*zset);
    const ScoredWriter out(reply, request.with_scores);
    reply.array(out.parts(range.count));
    visit_range(*zset, request, range, [&](ElementView member, double score) {
        out.write(member, score);
        return true;
    });
}

ZRangeRequest fixed(RangeBy by, bool reverse) {
    ZRangeRequest request;
    request.fixed_by = by;
    request.fixed_reverse = reverse;
    return request;
}

// ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]
void zrange(Database& database, Args args, Reply& reply, Session& session) {
    reply_range(database, args, {}, reply, session);
}

// ZREVRANGE key start stop [WITHSCORES]
void zrevrange(Database& database, Args args, Reply& reply, Session& session) {
    reply_range(database, args, fixed(RangeBy::index, true), reply, session);
}

// ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]
void zrangebyscore(Database& database, Args args, Reply& reply, Session& session) {
    reply_range(database, args, fixed(RangeBy::score, false), reply, session);
}

// ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]
void zrevrangebyscore(Database& database, Args args, Reply& reply, Session& session) {
    reply_range(database, args, fixed(RangeBy::score, true), reply, session);
}

// ZRANGEBYLEX key min max [LIMIT offset count]
void zrangebylex(Database& database, Args args, Reply& reply, Session& session) {
    reply_range(database, args, fixed(RangeBy::lex, false), reply, session);
}

// ZREVRANGEBYLEX key max min [LIMIT offset count]
void zrevrangebylex(Database& database, Args args, Reply& reply, Session& session) {
    reply_range(database, args, fixed(RangeBy::lex, true), reply, session);
}

// ZRANGESTORE destination source start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count]
void zrangestore(Database& database, Args args, Reply& reply, Session& session) {
    ZRangeRequest request;
    request.may_have_scores = false;
    if (!request.parse(args, 3, reply)) return;
    const auto source = database.find<ZSet>(KeyRef(args[2]));
    if (refuse_wrong_type(source, reply)) return;
    ZSet result;
    if (source) {
        visit_range(*source, request, request.ranks(*source), [&](ElementView member, double score) {
            DecimalBuffer scratch;
            result.add(member.text(scratch), score, database.encodings());
            return true;
        });
    }
    const KeyRef destination = session.key(args[1]);
    const auto size = static_cast<std::int64_t>(result.size());
    if (size > 0) {
        database.replace(destination, cache::Value(std::move(result)));
        database.changed(destination, EventClass::zset, "zrangestore");
    } else if (database.erase(destination)) {
        database.changed(destination, EventClass::generic, "del");
    }
    reply.integer(size);
}

// ZCOUNT key min max
void zcount(Database& database, Args args, Reply& reply, Session& session) {
    cache::ScoreRange range;
    if (!score_range_argument(args[2], args[3], range, reply)) return;
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (refuse_wrong_type(zset, reply)) return;
    reply.integer(zset ? static_cast<std::int64_t>(zset->ranks(range).count) : 0);
}

// ZLEXCOUNT key min max
void zlexcount(Database& database, Args args, Reply& reply, Session& session) {
    cache::LexRange range;
    if (!lex_range_argument(args[2], args[3], range, reply)) return;
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (refuse_wrong_type(zset, reply)) return;
    reply.integer(zset ? static_cast<std::int64_t>(zset->ranks(range).count) : 0);
}

void remove_range(Database& database, Args args, RangeBy by, std::string_view event, Reply& reply, Session& session) {
    ZRangeRequest request = fixed(by, false);
    if (!request.parse(args, 2, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto zset = database.find_for_write<ZSet>(key);
    if (refuse_wrong_type(zset, reply)) return;
    const auto range = zset ? request.ranks(*zset) : ZSet::RankRange{};
    if (range.count > 0) {
        zset->erase_range(range);
        tell_shrunk(database, key, EventClass::zset, event, zset->empty());
    }
    reply.integer(static_cast<std::int64_t>(range.count));
}

// ZREMRANGEBYRANK key start stop
void zremrangebyrank(Database& database, Args args, Reply& reply, Session& session) {
    remove_range(database, args, RangeBy::index, "zremrangebyrank", reply, session);
}

// ZREMRANGEBYSCORE key min max
void zremrangebyscore(Database& database, Args args, Reply& reply, Session& session) {
    remove_range(database, args, RangeBy::score, "zremrangebyscore", reply, session);
}

// ZREMRANGEBYLEX key min max
void zremrangebylex(Database& database, Args args, Reply& reply, Session& session) {
    remove_range(database, args, RangeBy::lex, "zremrangebylex", reply, session);
}

constexpr CommandSpec rows[] = {
    {.name = "zrange",
     .arguments = "key start stop [<sortby> BYSCORE | BYLEX] [REV] [<limit:LIMIT> offset:integer count:integer] "
                  "[WITHSCORES]",
     .arity = -4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "1.2.0",
     .summary = "Returns the members within a range of indexes, scores or names.",
     .complexity = "O(log(N)+M)",
     .handler = zrange},
    {.name = "zrevrange",
     .arguments = "key start:integer stop:integer [WITHSCORES]",
     .arity = -4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "1.2.0",
     .summary = "Returns the members within a range of indexes, from the highest score.",
     .complexity = "O(log(N)+M)",
     .handler = zrevrange,
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `REV` argument"},
    {.name = "zrangebyscore",
     .arguments = "key min:double max:double [WITHSCORES] [<limit:LIMIT> offset:integer count:integer]",
     .arity = -4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "1.0.5",
     .summary = "Returns the members within a range of scores.",
     .complexity = "O(log(N)+M)",
     .handler = zrangebyscore,
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `BYSCORE` argument"},
    {.name = "zrevrangebyscore",
     .arguments = "key max:double min:double [WITHSCORES] [<limit:LIMIT> offset:integer count:integer]",
     .arity = -4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.2.0",
     .summary = "Returns the members within a range of scores, from the highest.",
     .complexity = "O(log(N)+M)",
     .handler = zrevrangebyscore,
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `REV` and `BYSCORE` arguments"},
    {.name = "zrangebylex",
     .arguments = "key min max [<limit:LIMIT> offset:integer count:integer]",
     .arity = -4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.8.9",
     .summary = "Returns the members within a lexicographical range.",
     .complexity = "O(log(N)+M)",
     .handler = zrangebylex,
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `BYLEX` argument"},
    {.name = "zrevrangebylex",
     .arguments = "key max min [<limit:LIMIT> offset:integer count:integer]",
     .arity = -4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.8.9",
     .summary = "Returns the members within a lexicographical range, from the last.",
     .complexity = "O(log(N)+M)",
     .handler = zrevrangebylex,
     .deprecated_since = "6.2.0",
     .replaced_by = "`ZRANGE` with the `REV` and `BYLEX` arguments"},
    {.name = "zrangestore",
     .arguments = "dst:key src:key min max [<sortby> BYSCORE | BYLEX] [REV] [<limit:LIMIT> offset:integer "
                  "count:integer]",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update), keys::one(2, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "6.2.0",
     .summary = "Stores the members within a range of indexes, scores or names.",
     .complexity = "O(log(N)+M)",
     .handler = zrangestore},
    {.name = "zcount",
     .arguments = "key min:double max:double",
     .arity = 4,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.0.0",
     .summary = "Counts the members within a range of scores.",
     .complexity = "O(log(N))",
     .handler = zcount},
    {.name = "zlexcount",
     .arguments = "key min max",
     .arity = 4,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.8.9",
     .summary = "Counts the members within a lexicographical range.",
     .complexity = "O(log(N))",
     .handler = zlexcount},
    {.name = "zremrangebyrank",
     .arguments = "key start:integer stop:integer",
     .arity = 4,
     .access = Access::write(),
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "2.0.0",
     .summary = "Removes the members within a range of indexes.",
     .complexity = "O(log(N)+M)",
     .handler = zremrangebyrank},
    {.name = "zremrangebyscore",
     .arguments = "key min:double max:double",
     .arity = 4,
     .access = Access::write(),
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "1.2.0",
     .summary = "Removes the members within a range of scores.",
     .complexity = "O(log(N)+M)",
     .handler = zremrangebyscore},
    {.name = "zremrangebylex",
     .arguments = "key min max",
     .arity = 4,
     .access = Access::write(),
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "2.8.9",
     .summary = "Removes the members within a lexicographical range.",
     .complexity = "O(log(N)+M)",
     .handler = zremrangebylex},
};

}  // namespace

CommandFamily zset_range_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
