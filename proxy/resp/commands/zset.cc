// Sorted sets: adding members, and asking about single ones.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/zset_bounds.h"

#include <array>
#include <cmath>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;
using cache::ZSet;

struct AddOptions {
    bool only_new = false;       // NX
    bool only_existing = false;  // XX
    bool only_greater = false;   // GT
    bool only_less = false;      // LT
    bool count_changed = false;  // CH
    bool increment = false;      // INCR

    // True where `word` is one of them.
    bool take(std::string_view word) noexcept {
        bool* const option = equals_ignoring_case(word, "nx")     ? &only_new
                             : equals_ignoring_case(word, "xx")   ? &only_existing
                             : equals_ignoring_case(word, "gt")   ? &only_greater
                             : equals_ignoring_case(word, "lt")   ? &only_less
                             : equals_ignoring_case(word, "ch")   ? &count_changed
                             : equals_ignoring_case(word, "incr") ? &increment
                                                                  : nullptr;
        if (option != nullptr) *option = true;
        return option != nullptr;
    }

    bool consistent(std::size_t pairs_count, Reply& reply) const {
        std::string_view error;
        if (only_new && only_existing) {
            error = "ERR XX and NX options at the same time are not compatible";
        } else if ((only_new && (only_greater || only_less)) || (only_greater && only_less)) {
            error = "ERR GT, LT, and/or NX options at the same time are not compatible";
        } else if (increment && pairs_count > 1) {
            error = "ERR INCR option supports a single increment-element pair";
        }
        if (!error.empty()) reply.error(error);
        return error.empty();
    }
};

// Scores without an allocation for the usual few.
class Scores {
  public:
    bool parse(Args pairs, Reply& reply) {
        if (pairs.size() / 2 > few_.size()) many_.resize(pairs.size() / 2);
        for (std::size_t i = 0; i < pairs.size(); i += 2) {
            if (!double_argument(pairs[i], at(i / 2), reply)) return false;
        }
        return true;
    }
    double& at(std::size_t i) noexcept { return many_.empty() ? few_[i] : many_[i]; }

  private:
    std::array<double, 16> few_;
    std::vector<double> many_;
};

enum class Outcome : std::uint8_t { added, updated, same, left_alone, not_a_number };

// Adds or updates one member; `score` becomes the score it has then.
Outcome add_member(ZSet& zset, std::string_view member, double& score, const AddOptions& options,
                   const cache::EncodingLimits& encodings) {
    const bool conditional = options.only_new || options.only_existing || options.only_greater || options.only_less;
    if (conditional || options.increment) {
        const auto current = zset.score(member);
        if (current ? options.only_new : options.only_existing) return Outcome::left_alone;
        if (current && options.increment) {
            score += *current;
            if (std::isnan(score)) return Outcome::not_a_number;
        }
        if (current && options.only_less && score >= *current) return Outcome::left_alone;
        if (current && options.only_greater && score <= *current) return Outcome::left_alone;
    }
    switch (zset.add(member, score, encodings)) {
        case ZSet::Added::added:
            return Outcome::added;
        case ZSet::Added::updated:
            return Outcome::updated;
        case ZSet::Added::unchanged:
            break;
    }
    return Outcome::same;
}

// `pairs`: score member [score member ...]
void add_members(Database& database, const KeyRef& key, Args pairs, const AddOptions& options, Reply& reply) {
    Scores scores;
    if (!scores.parse(pairs, reply)) return;
    const auto zset = options.only_existing ? database.find_for_write<ZSet>(key) : database.find_or_create<ZSet>(key);
    if (refuse_wrong_type(zset, reply)) return;
    if (!zset) return options.increment ? reply.null() : reply.integer(0);
    std::int64_t added = 0;
    std::int64_t updated = 0;
    auto last = Outcome::left_alone;
    for (std::size_t i = 0; i < pairs.size() && last != Outcome::not_a_number; i += 2) {
        last = add_member(*zset, pairs[i + 1], scores.at(i / 2), options, database.encodings());
        added += last == Outcome::added ? 1 : 0;
        updated += last == Outcome::updated ? 1 : 0;
    }
    if (added + updated > 0) database.changed(key, EventClass::zset, options.increment ? "zincr" : "zadd");
    if (last == Outcome::not_a_number) return reply.error("ERR resulting score is not a number (NaN)");
    if (!options.increment) return reply.integer(options.count_changed ? added + updated : added);
    if (last == Outcome::left_alone) return reply.null();
    reply.number(scores.at(0));
}

// ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]
void zadd(Database& database, Args args, Reply& reply, Session& session) {
    AddOptions options;
    std::size_t first = 2;
    while (first < args.size() && options.take(args[first])) ++first;
    const Args pairs = args.subspan(first);
    if (pairs.empty() || pairs.size() % 2 != 0) return reply.error(errors::syntax);
    if (!options.consistent(pairs.size() / 2, reply)) return;
    add_members(database, session.key(args[1]), pairs, options, reply);
}

// ZINCRBY key increment member
void zincrby(Database& database, Args args, Reply& reply, Session& session) {
    AddOptions options;
    options.increment = true;
    add_members(database, session.key(args[1]), args.subspan(2), options, reply);
}

// ZREM key member [member ...]
void zrem(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto zset = database.find_for_write<ZSet>(key);
    if (refuse_wrong_type(zset, reply)) return;
    std::int64_t erased = 0;
    if (zset) {
        for (const auto member : args.subspan(2)) erased += zset->erase(member) ? 1 : 0;
    }
    if (erased > 0) tell_shrunk(database, key, EventClass::zset, "zrem", zset->empty());
    reply.integer(erased);
}

// ZCARD key
void zcard(Database& database, Args args, Reply& reply, Session& session) {
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (!refuse_wrong_type(zset, reply)) reply.integer(zset ? static_cast<std::int64_t>(zset->size()) : 0);
}

void reply_score(const cache::Lookup<ZSet>& zset, std::string_view member, Reply& reply) {
    const auto score = zset ? zset->score(member) : std::nullopt;
    if (score) return reply.number(*score);
    reply.null();
}

// ZSCORE key member
void zscore(Database& database, Args args, Reply& reply, Session& session) {
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (!refuse_wrong_type(zset, reply)) reply_score(zset, args[2], reply);
}

// ZMSCORE key member [member ...]
void zmscore(Database& database, Args args, Reply& reply, Session& session) {
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (refuse_wrong_type(zset, reply)) return;
    reply.array(args.size() - 2);
    for (const auto member : args.subspan(2)) reply_score(zset, member, reply);
}

void reply_rank(Database& database, Args args, bool reverse, std::string_view command, Reply& reply, Session& session) {
    if (args.size() > 4) return reply.wrong_arguments(command);
    const bool with_score = args.size() == 4;
    if (with_score && !equals_ignoring_case(args[3], "withscore")) return reply.error(errors::syntax);
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (refuse_wrong_type(zset, reply)) return;
    const auto rank = zset ? zset->rank(args[2]) : std::nullopt;
    if (!rank) return with_score ? reply.null_array() : reply.null();
    if (with_score) reply.array(2);
    reply.integer(static_cast<std::int64_t>(reverse ? zset->size() - 1 - *rank : *rank));
    if (with_score) reply.number(*zset->score(args[2]));
}

// ZRANK key member [WITHSCORE]
void zrank(Database& database, Args args, Reply& reply, Session& session) {
    reply_rank(database, args, false, "zrank", reply, session);
}

// ZREVRANK key member [WITHSCORE]
void zrevrank(Database& database, Args args, Reply& reply, Session& session) {
    reply_rank(database, args, true, "zrevrank", reply, session);
}

constexpr CommandSpec rows[] = {
    {.name = "zadd",
     .arguments = "key [<condition> NX | XX] [<comparison> GT | LT] [change=CH] [increment=INCR] (<data> "
                  "score:double member)...",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::sorted_set,
     .since = "1.2.0",
     .summary = "Adds members to a sorted set, or sets their scores.",
     .complexity = "O(log(N))",
     .handler = zadd},
    {.name = "zincrby",
     .arguments = "key increment:integer member",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::sorted_set,
     .since = "1.2.0",
     .summary = "Adds to a member's score.",
     .complexity = "O(log(N))",
     .handler = zincrby},
    {.name = "zrem",
     .arguments = "key member...",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::sorted_set,
     .since = "1.2.0",
     .summary = "Removes members of a sorted set.",
     .complexity = "O(M*log(N))",
     .handler = zrem},
    {.name = "zcard",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro)},
     .group = Group::sorted_set,
     .since = "1.2.0",
     .summary = "Returns the number of members.",
     .complexity = "O(1)",
     .handler = zcard},
    {.name = "zscore",
     .arguments = "key member",
     .arity = 3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "1.2.0",
     .summary = "Returns a member's score.",
     .complexity = "O(1)",
     .handler = zscore},
    {.name = "zmscore",
     .arguments = "key member...",
     .arity = -3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "6.2.0",
     .summary = "Returns the scores of several members.",
     .complexity = "O(N)",
     .handler = zmscore},
    {.name = "zrank",
     .arguments = "key member [WITHSCORE]",
     .arity = -3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.0.0",
     .summary = "Returns a member's index, from the lowest score.",
     .complexity = "O(log(N))",
     .handler = zrank},
    {.name = "zrevrank",
     .arguments = "key member [WITHSCORE]",
     .arity = -3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.0.0",
     .summary = "Returns a member's index, from the highest score.",
     .complexity = "O(log(N))",
     .handler = zrevrank},
};

}  // namespace

CommandFamily zset_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
