// SCAN and its kin: iterating without holding anything between two calls.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/scan_options.h"
#include "proxy/resp/commands/typed_access.h"

#include <string>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::KeyRef;

// SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]
void scan(Database& database, Args args, Reply& reply, Session&) {
    std::uint64_t cursor = 0;
    if (!cursor_argument(args[1], cursor, reply)) return;
    ScanOptions options;
    if (!parse_scan_options(args, 2, ScanWord::type, options, reply)) return;
    std::string wanted(options.type);
    for (char& c : wanted) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    ScanReply out(reply);
    const auto next = database.scan(cursor, options.count, [&](const KeyRef& key, const cache::Entry& entry) {
        if (options.has_type && cache::type_name(entry.type()) != wanted) return;
        if (!options.matches(key.key)) return;
        reply.bulk(key.key);
        out.wrote(1);
    });
    out.finish(next);
}

// What the three scans of containers do before they iterate. False where the reply has been written.
template <class T>
bool begin(Database& database, Args args, ScanWord word, Session& session, std::uint64_t& cursor, ScanOptions& options,
           cache::Lookup<T>& found, Reply& reply) {
    if (!cursor_argument(args[2], cursor, reply)) return false;
    found = database.find<T>(session.key(args[1]));
    if (refuse_wrong_type(found, reply)) return false;
    if (!found) {
        ScanReply(reply).finish(0);
        return false;
    }
    return parse_scan_options(args, 3, word, options, reply);
}

// HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]
void hscan(Database& database, Args args, Reply& reply, Session& session) {
    std::uint64_t cursor = 0;
    ScanOptions options;
    cache::Lookup<cache::Hash> hash;
    if (!begin(database, args, ScanWord::no_values, session, cursor, options, hash, reply)) return;
    ScanReply out(reply);
    const auto next = hash->scan(cursor, options.count, [&](ElementView field, ElementView value) {
        if (!options.matches(field)) return;
        reply_element(reply, field);
        if (!options.no_values) reply_element(reply, value);
        out.wrote(options.no_values ? 1 : 2);
    });
    out.finish(next);
}

// SSCAN key cursor [MATCH pattern] [COUNT count]
void sscan(Database& database, Args args, Reply& reply, Session& session) {
    std::uint64_t cursor = 0;
    ScanOptions options;
    cache::Lookup<cache::Set> set;
    if (!begin(database, args, ScanWord::none, session, cursor, options, set, reply)) return;
    ScanReply out(reply);
    const auto next = set->scan(cursor, options.count, [&](ElementView member) {
        if (!options.matches(member)) return;
        reply_element(reply, member);
        out.wrote(1);
    });
    out.finish(next);
}

// ZSCAN key cursor [MATCH pattern] [COUNT count]
void zscan(Database& database, Args args, Reply& reply, Session& session) {
    std::uint64_t cursor = 0;
    ScanOptions options;
    cache::Lookup<cache::ZSet> zset;
    if (!begin(database, args, ScanWord::none, session, cursor, options, zset, reply)) return;
    ScanReply out(reply);
    const auto next = zset->scan(cursor, options.count, [&](ElementView member, double score) {
        if (!options.matches(member)) return;
        reply_element(reply, member);
        reply.bulk_double(score);
        out.wrote(2);
    });
    out.finish(next);
}

constexpr CommandSpec rows[] = {
    {.name = "scan",
     .arguments = "cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [TYPE type]",
     .arity = -2,
     .access = Access::read(),
     .flags = flag::own_slices | flag::touches_arbitrary_keys,
     .group = Group::generic,
     .since = "2.8.0",
     .summary = "Iterates over the names of the keys.",
     .complexity = "O(1)",
     .handler = scan},
    {.name = "hscan",
     .arguments = "key cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [NOVALUES]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::hash,
     .since = "2.8.0",
     .summary = "Iterates over the fields of a hash.",
     .complexity = "O(1)",
     .handler = hscan},
    {.name = "sscan",
     .arguments = "key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::set,
     .since = "2.8.0",
     .summary = "Iterates over the members of a set.",
     .complexity = "O(1)",
     .handler = sscan},
    {.name = "zscan",
     .arguments = "key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::sorted_set,
     .since = "2.8.0",
     .summary = "Iterates over the members of a sorted set with their scores.",
     .complexity = "O(1)",
     .handler = zscan},
};

}  // namespace

CommandFamily scan_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
