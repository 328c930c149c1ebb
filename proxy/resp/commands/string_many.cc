// Several strings at once.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/set_options.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::ExpiryRule;
using cache::KeyRef;

// MGET key [key ...]
void mget(Database& database, Args args, Reply& reply, Session&) {
    reply.array(args.size() - 1);
    for (const auto name : args.subspan(1)) {
        const auto found = database.find_string(KeyRef(name));
        if (found) {
            reply_element(reply, *found);
        } else {
            reply.null();
        }
    }
}

// `pairs`: key value [key value ...]
void store_pairs(Database& database, Args pairs, std::optional<WallTime> at, bool keep_ttl) {
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
        const KeyRef key(pairs[i]);
        database.set_string(key, pairs[i + 1], keep_ttl ? ExpiryRule::keep : ExpiryRule::clear, at);
        database.changed(key, EventClass::string, "set");
        if (at) database.notify(key, EventClass::generic, "expire");
    }
}

bool any_exists(Database& database, Args pairs) {
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
        if (database.contains(KeyRef(pairs[i]))) return true;
    }
    return false;
}

bool all_exist(Database& database, Args pairs) {
    for (std::size_t i = 0; i < pairs.size(); i += 2) {
        if (!database.contains(KeyRef(pairs[i]))) return false;
    }
    return true;
}

// MSET key value [key value ...]
void mset(Database& database, Args args, Reply& reply, Session&) {
    if (args.size() % 2 == 0) return reply.wrong_arguments("mset");
    store_pairs(database, args.subspan(1), std::nullopt, false);
    reply.ok();
}

// MSETNX key value [key value ...]
void msetnx(Database& database, Args args, Reply& reply, Session&) {
    if (args.size() % 2 == 0) return reply.wrong_arguments("msetnx");
    if (any_exists(database, args.subspan(1))) return reply.integer(0);
    store_pairs(database, args.subspan(1), std::nullopt, false);
    reply.integer(1);
}

// The log holds the moment, not the time to go.
void log_msetex(Session& session, Args pairs, std::size_t pairs_count, WallTime at) {
    const std::string count = std::to_string(pairs_count);
    const std::string moment = std::to_string(at.time_since_epoch().count());
    std::vector<std::string_view> log{"MSETEX", count};
    log.insert(log.end(), pairs.begin(), pairs.end());
    log.emplace_back("PXAT");
    log.emplace_back(moment);
    session.log_instead(log);
}

// MSETEX numkeys key value [key value ...] [NX | XX] [EX s | PX ms | EXAT t | PXAT t | KEEPTTL]
void msetex(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t count = 0;
    if (!integer_in_range(args[1], 1, INT32_MAX, count, reply, "ERR invalid numkeys value or out of range")) return;
    const auto pairs_count = static_cast<std::size_t>(count);
    if ((args.size() - 2) / 2 < pairs_count) return reply.error(errors::syntax);
    const Args pairs = args.subspan(2, pairs_count * 2);
    SetOptions options;
    constexpr unsigned words = set_word::conditions | set_word::times | set_word::keep_ttl;
    if (!parse_set_options(args, 2 + pairs.size(), words, options, reply)) return;
    std::optional<WallTime> at;
    if (options.time) {
        at.emplace();
        if (!expiry_argument(options.time_text, *options.time, database.now(), true, "msetex", *at, reply)) return;
    }
    const auto kind = options.condition.kind;
    if ((kind == SetCondition::Kind::missing && any_exists(database, pairs)) ||
        (kind == SetCondition::Kind::present && !all_exist(database, pairs))) {
        return reply.integer(0);
    }
    store_pairs(database, pairs, at, options.keep_ttl);
    if (at) log_msetex(session, pairs, pairs_count, *at);
    reply.integer(1);
}

// MSETEX's keys stand two apart behind their number.
void find_msetex_keys(Args args, std::vector<FoundKey>& found) {
    const auto count = args.size() > 1 ? to_integer(args[1]) : std::nullopt;
    if (!count || *count < 1) return;
    const auto last =
        std::min(args.size(), 2 + 2 * static_cast<std::size_t>(std::min<std::int64_t>(*count, INT32_MAX)));
    for (std::size_t i = 2; i < last; i += 2) {
        found.push_back({static_cast<std::uint32_t>(i), key_flag::ow | key_flag::update});
    }
}

constexpr CommandSpec rows[] = {
    {.name = "mget",
     .arguments = "key...",
     .arity = -2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::range(1, -1, 1, key_flag::ro | key_flag::access)},
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Returns the strings stored at several keys.",
     .complexity = "O(N)",
     .handler = mget},
    {.name = "mset",
     .arguments = "(<data> key value)...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::range(1, -1, 2, key_flag::ow | key_flag::update)},
     .group = Group::string,
     .since = "1.0.1",
     .summary = "Stores several strings at once.",
     .complexity = "O(N)",
     .handler = mset},
    {.name = "msetnx",
     .arguments = "(<data> key value)...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::range(1, -1, 2, key_flag::ow | key_flag::insert)},
     .group = Group::string,
     .since = "1.0.1",
     .summary = "Stores several strings at once if none of the keys exists.",
     .complexity = "O(N)",
     .handler = msetnx},
    {.name = "msetex",
     .arguments = "numkeys:integer (<data> key value)... [<condition> NX | XX] [<expiration> EX seconds:integer "
                  "| PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT "
                  "unix-time-milliseconds:unix-time | KEEPTTL]",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::unknown(key_flag::ow | key_flag::update)},
     .find_keys = find_msetex_keys,
     .group = Group::string,
     .since = "8.4.0",
     .summary = "Stores several strings at once, on a condition and with one expiry.",
     .complexity = "O(N)",
     .handler = msetex},
};

}  // namespace

CommandFamily string_many_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
