// Members of sets chosen at random.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/random_choice.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;
using cache::Set;

// SRANDMEMBER key [count]
void srandmember(Database& database, Args args, Reply& reply, Session& session) {
    if (args.size() > 3) return reply.error(errors::syntax);
    RandomRequest request;
    if (!parse_random_request(args, {}, request, reply, session)) return;
    const auto set = database.find<Set>(session.key(args[1]));
    if (refuse_wrong_type(set, reply)) return;
    if (!request.has_count) {
        if (!set) return reply.null();
        return reply_element(reply, set->random(random_bits()));
    }
    const std::size_t count = request.result_count(set ? set->size() : 0);
    reply.array(count);
    if (request.repeats()) {
        for (std::size_t i = 0; i < count; ++i) reply_element(reply, set->random(random_bits()));
        return;
    }
    if (count == 0) return;
    DistinctChoice chosen(set->size(), count);
    set->for_each([&](ElementView member) {
        if (chosen.take_next()) reply_element(reply, member);
        return !chosen.done();
    });
}

// The members that SPOP takes away: few ones by random picks, many in one pass.
std::vector<std::string> choose_members(const Set& set, std::size_t count) {
    std::vector<std::string> members;
    members.reserve(count);
    DistinctChoice chosen(set.size(), count);
    set.for_each([&](ElementView member) {
        if (chosen.take_next()) members.push_back(member.str());
        return !chosen.done();
    });
    return members;
}

void log_as_srem(Session& session, const KeyRef& key, const std::vector<std::string>& members) {
    std::vector<std::string_view> log{"SREM", key.key};
    log.insert(log.end(), members.begin(), members.end());
    session.log_instead(log);
}

void pop_one(Database& database, const KeyRef& key, Set& set, Reply& reply, Session& session) {
    const std::string member = set.random(random_bits()).str();
    reply.bulk(member);
    set.erase(member);
    tell_shrunk(database, key, EventClass::set, "spop", set.empty());
    session.log_instead({"SREM", key.key, member});
}

// SPOP key [count]
void spop(Database& database, Args args, Reply& reply, Session& session) {
    if (args.size() > 3) return reply.error(errors::syntax);
    const bool has_count = args.size() == 3;
    std::int64_t wanted = 1;
    if (has_count && !integer_in_range(args[2], 0, INT64_MAX, wanted, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto set = database.find_for_write<Set>(key);
    if (refuse_wrong_type(set, reply)) return;
    if (!set) return has_count ? reply.set(0) : reply.null();
    if (!has_count) return pop_one(database, key, *set, reply, session);
    if (wanted == 0) return reply.set(0);
    const auto members = choose_members(*set, std::min(set->size(), static_cast<std::size_t>(wanted)));
    reply.set(members.size());
    for (const auto& member : members) {
        reply.bulk(member);
        set->erase(member);
    }
    tell_shrunk(database, key, EventClass::set, "spop", set->empty());
    log_as_srem(session, key, members);
}

constexpr CommandSpec rows[] = {
    {.name = "srandmember",
     .arguments = "key [count:integer]",
     .arity = -2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Returns members chosen at random.",
     .complexity = "Without the count argument O(1), otherwise O(N)",
     .handler = srandmember},
    {.name = "spop",
     .arguments = "key [count:integer]",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::set,
     .since = "1.0.0",
     .summary = "Removes and returns members chosen at random.",
     .complexity = "Without the count argument O(1), otherwise O(N)",
     .handler = spop},
};

}  // namespace

CommandFamily set_random_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
