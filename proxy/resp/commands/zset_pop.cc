// Members of sorted sets from either end, waited for where asked, and members chosen at random.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/random_choice.h"
#include "proxy/resp/commands/zset_bounds.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;
using cache::ZSet;

enum class From : bool { lowest, highest };

std::string_view pop_name(From from) noexcept {
    return from == From::lowest ? "zpopmin" : "zpopmax";
}

// Writes `count` members, which the sorted set has, with their scores, removes them and tells of it.
void pop_members(Database& database, const KeyRef& key, ZSet& zset, From from, std::size_t count, bool nested,
                 Reply& reply) {
    const auto write = [&](ElementView member, double score) {
        if (nested) reply.array(2);
        reply_element(reply, member);
        reply.number(score);
        return true;
    };
    const ZSet::RankRange range{from == From::lowest ? 0 : zset.size() - count, count};
    from == From::lowest ? zset.for_range(range, write) : zset.for_range_reverse(range, write);
    zset.erase_range(range);
    tell_shrunk(database, key, EventClass::zset, pop_name(from), zset.empty());
}

void pop(Database& database, Args args, From from, Reply& reply, Session& session) {
    if (args.size() > 3) return reply.error(errors::syntax);
    const bool has_count = args.size() == 3;
    std::int64_t wanted = 1;
    if (has_count && !integer_in_range(args[2], 0, INT64_MAX, wanted, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto zset = database.find_for_write<ZSet>(key);
    if (refuse_wrong_type(zset, reply)) return;
    if (!zset || wanted == 0) return reply.array(0);
    const auto count = std::min(zset->size(), static_cast<std::size_t>(wanted));
    const bool nested = has_count && reply.resp_version() == 3;
    reply.array(nested ? count : 2 * count);
    pop_members(database, key, *zset, from, count, nested, reply);
}

// ZPOPMIN key [count]
void zpopmin(Database& database, Args args, Reply& reply, Session& session) {
    pop(database, args, From::lowest, reply, session);
}

// ZPOPMAX key [count]
void zpopmax(Database& database, Args args, Reply& reply, Session& session) {
    pop(database, args, From::highest, reply, session);
}

void wait_for(Args names, std::int64_t timeout_ms, Reply& reply, Session& session) {
    BlockRequest request;
    request.keys.assign(names.begin(), names.end());
    request.timeout_ms = timeout_ms;
    session.block(std::move(request), reply);
}

void pop_or_wait(Database& database, Args args, From from, Reply& reply, Session& session) {
    std::int64_t timeout_ms = 0;
    if (!timeout_argument(args.back(), timeout_ms, reply)) return;
    const Args names = args.subspan(1, args.size() - 2);
    for (const auto name : names) {
        const KeyRef key(name);
        const auto zset = database.find_for_write<ZSet>(key);
        if (refuse_wrong_type(zset, reply)) return;
        if (!zset) continue;
        reply.array(3);
        reply.bulk(name);
        pop_members(database, key, *zset, from, 1, false, reply);
        session.log_instead({from == From::lowest ? "ZPOPMIN" : "ZPOPMAX", name});
        return;
    }
    wait_for(names, timeout_ms, reply, session);
}

// BZPOPMIN key [key ...] timeout
void bzpopmin(Database& database, Args args, Reply& reply, Session& session) {
    pop_or_wait(database, args, From::lowest, reply, session);
}

// BZPOPMAX key [key ...] timeout
void bzpopmax(Database& database, Args args, Reply& reply, Session& session) {
    pop_or_wait(database, args, From::highest, reply, session);
}

struct PopRequest {
    Args names;
    From from = From::lowest;
    std::int64_t count = 1;

    // `numkeys key [key ...] MIN|MAX [COUNT count]`
    bool parse(Args args, Reply& reply) {
        std::int64_t names_count = 0;
        if (!integer_in_range(args[0], 1, INT64_MAX, names_count, reply, errors::numkeys_not_positive)) return false;
        if (static_cast<std::uint64_t>(names_count) + 1 >= args.size()) return refuse(reply);
        names = args.subspan(1, static_cast<std::size_t>(names_count));
        const Args rest = args.subspan(names.size() + 1);
        const bool lowest = equals_ignoring_case(rest[0], "min");
        if (!lowest && !equals_ignoring_case(rest[0], "max")) return refuse(reply);
        from = lowest ? From::lowest : From::highest;
        if (rest.size() == 1) return true;
        const bool has_count = rest.size() >= 3 && equals_ignoring_case(rest[1], "count");
        constexpr std::string_view not_positive = "ERR count should be greater than 0";
        if (has_count && !integer_in_range(rest[2], 1, INT64_MAX, count, reply, not_positive)) return false;
        return has_count && rest.size() == 3 ? true : refuse(reply);
    }

    static bool refuse(Reply& reply) {
        reply.error(errors::syntax);
        return false;
    }
};

// True where a sorted set had members or an error was written.
bool pop_first(Database& database, const PopRequest& request, Reply& reply, Session& session) {
    for (const auto name : request.names) {
        const KeyRef key(name);
        const auto zset = database.find_for_write<ZSet>(key);
        if (refuse_wrong_type(zset, reply)) return true;
        if (!zset) continue;
        const auto count = std::min(zset->size(), static_cast<std::size_t>(request.count));
        reply.array(2);
        reply.bulk(name);
        reply.array(count);
        pop_members(database, key, *zset, request.from, count, true, reply);
        DecimalBuffer digits;
        session.log_instead({request.from == From::lowest ? "ZPOPMIN" : "ZPOPMAX", name,
                             format_integer(static_cast<std::int64_t>(count), digits)});
        return true;
    }
    return false;
}

// ZMPOP numkeys key [key ...] MIN|MAX [COUNT count]
void zmpop(Database& database, Args args, Reply& reply, Session& session) {
    PopRequest request;
    if (!request.parse(args.subspan(1), reply)) return;
    if (!pop_first(database, request, reply, session)) reply.null_array();
}

// BZMPOP timeout numkeys key [key ...] MIN|MAX [COUNT count]
void bzmpop(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t timeout_ms = 0;
    PopRequest request;
    if (!request.parse(args.subspan(2), reply) || !timeout_argument(args[1], timeout_ms, reply)) return;
    if (!pop_first(database, request, reply, session)) wait_for(request.names, timeout_ms, reply, session);
}

// ZRANDMEMBER key [count [WITHSCORES]]
void zrandmember(Database& database, Args args, Reply& reply, Session& session) {
    RandomRequest request;
    if (!parse_random_request(args, "withscores", request, reply, session)) return;
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (refuse_wrong_type(zset, reply)) return;
    if (!request.has_count) {
        if (!zset) return reply.null();
        return zset->random(random_bits(), [&](ElementView member, double) { reply_element(reply, member); });
    }
    const std::size_t size = zset ? zset->size() : 0;
    const std::size_t count = request.result_count(size);
    const ScoredWriter out(reply, request.with_values);
    reply.array(out.parts(count));
    if (request.repeats()) {
        for (std::size_t i = 0; i < count; ++i) {
            zset->random(random_bits(), [&](ElementView member, double score) { out.write(member, score); });
        }
        return;
    }
    if (count == 0) return;
    DistinctChoice chosen(size, count);
    zset->for_each([&](ElementView member, double score) {
        if (chosen.take_next()) out.write(member, score);
        return !chosen.done();
    });
}

constexpr CommandSpec rows[] = {
    {.name = "zpopmin",
     .arguments = "key [count:integer]",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "5.0.0",
     .summary = "Removes and returns the members with the lowest scores.",
     .complexity = "O(log(N)*M)",
     .handler = zpopmin},
    {.name = "zpopmax",
     .arguments = "key [count:integer]",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "5.0.0",
     .summary = "Removes and returns the members with the highest scores.",
     .complexity = "O(log(N)*M)",
     .handler = zpopmax},
    {.name = "bzpopmin",
     .arguments = "key... timeout:double",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::blocking | flag::fast,
     .keys = {keys::range(1, -2, 1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "5.0.0",
     .summary = "Removes and returns the member with the lowest score of one of the sorted sets; waits for one.",
     .complexity = "O(log(N))",
     .handler = bzpopmin},
    {.name = "bzpopmax",
     .arguments = "key... timeout:double",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::blocking | flag::fast,
     .keys = {keys::range(1, -2, 1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "5.0.0",
     .summary = "Removes and returns the member with the highest score of one of the sorted sets; waits for one.",
     .complexity = "O(log(N))",
     .handler = bzpopmax},
    {.name = "zmpop",
     .arguments = "numkeys:integer key... (<where> MIN | MAX) [COUNT count:integer]",
     .arity = -4,
     .access = Access::write(),
     .keys = {keys::counted(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "7.0.0",
     .summary = "Removes and returns members of the first sorted set that has any.",
     .complexity = "O(K) + O(M*log(N))",
     .handler = zmpop},
    {.name = "bzmpop",
     .arguments = "timeout:double numkeys:integer key... (<where> MIN | MAX) [COUNT count:integer]",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::blocking,
     .keys = {keys::counted(2, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "7.0.0",
     .summary = "Removes and returns members of the first sorted set that has any; waits for them.",
     .complexity = "O(K) + O(M*log(N))",
     .handler = bzmpop},
    {.name = "zrandmember",
     .arguments = "key [<options> count:integer [WITHSCORES]]",
     .arity = -2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "6.2.0",
     .summary = "Returns members chosen at random.",
     .complexity = "O(N)",
     .handler = zrandmember},
};

}  // namespace

CommandFamily zset_pop_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
