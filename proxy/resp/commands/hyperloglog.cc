// HyperLogLogs: counting distinct elements approximately.
#include "cache/types/hyperloglog.h"

#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;

constexpr std::string_view damaged = "INVALIDOBJ Corrupted HLL object detected";
constexpr std::size_t head_bytes = 16;
constexpr std::size_t registers_count = 16384;
constexpr std::size_t dense_bytes = head_bytes + registers_count * 6 / 8;

// The error where the key holds something else; empty where it does not.
std::string_view refusal(const cache::StringLookup& found) {
    if (found.wrong_type) return errors::wrong_type;
    if (!found || (!found->is_integer() && cache::is_hyperloglog(found->bytes()))) return {};
    return "WRONGTYPE Key is not a valid HyperLogLog string value.";
}

bool refuse_other(const cache::StringLookup& found, Reply& reply) {
    const auto why = refusal(found);
    if (!why.empty()) reply.error(why);
    return !why.empty();
}

void store(Database& database, const KeyRef& key, std::string_view bytes) {
    database.edit_string(key, true)->assign(bytes);
    database.changed(key, EventClass::string, "pfadd");
}

// PFADD key [element ...]
void pfadd(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_string(key);
    if (refuse_other(found, reply)) return;
    bool changed = !found;
    const auto text = database.edit_string(key, true);
    if (changed) {
        text->assign(cache::new_hyperloglog());
        // As Redis leaves it: an estimate is not known before somebody asks.
        text->data()[head_bytes - 1] = '\x80';
    }
    for (const auto element : args.subspan(2)) {
        const auto added = cache::hyperloglog_add(*text, element, database.encodings());
        if (!added) return reply.error(damaged);
        changed |= *added;
    }
    if (changed) database.changed(key, EventClass::string, "pfadd");
    reply.integer(changed ? 1 : 0);
}

// The HyperLogLogs that exist among the keys; false with the error written where one holds something else. Of what is
// wrong with several, the first is told.
bool find_sources(Database& database, Args names, std::vector<std::string_view>& sources, Reply& reply) {
    for (const auto name : names) {
        const auto found = database.find_string(KeyRef(name));
        if (const auto why = refusal(found); !why.empty()) {
            reply.error(sources.empty() || cache::hyperloglog_count(sources) ? why : damaged);
            return false;
        }
        if (found) sources.push_back(found->bytes());
    }
    return true;
}

void reply_count(const Result<std::uint64_t>& count, Reply& reply) {
    if (!count) return reply.error(damaged);
    reply.integer(static_cast<std::int64_t>(*count));
}

// PFCOUNT key [key ...]; the estimate of a single one is kept in it until it changes
void pfcount(Database& database, Args args, Reply& reply, Session& session) {
    if (args.size() > 2) {
        std::vector<std::string_view> sources;
        if (find_sources(database, args.subspan(1), sources, reply)) {
            reply_count(cache::hyperloglog_count(sources), reply);
        }
        return;
    }
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_string(key);
    if (refuse_other(found, reply)) return;
    if (!found) return reply.integer(0);
    reply_count(cache::hyperloglog_count(*database.edit_string(key, false)), reply);
}

// The last estimate stays, out of date, in what a merge makes of its destination.
void keep_estimate(std::string_view before, std::string& after) {
    constexpr std::size_t at = 8;
    constexpr std::size_t size = 8;
    const char flag = after[at + size - 1];
    before.copy(after.data() + at, size, at);
    after[at + size - 1] = static_cast<char>(after[at + size - 1] | flag);
}

// PFMERGE destination [source ...]
void pfmerge(Database& database, Args args, Reply& reply, Session& session) {
    std::vector<std::string_view> sources;
    if (!find_sources(database, args.subspan(1), sources, reply)) return;
    auto merged = cache::hyperloglog_merge(sources, database.encodings());
    if (!merged) return reply.error(damaged);
    const KeyRef destination = session.key(args[1]);
    if (database.presence(destination) == cache::Presence::present) keep_estimate(sources.front(), *merged);
    store(database, destination, *merged);
    reply.ok();
}

// Merged with a dense one, any becomes dense.
Result<std::string> as_dense(std::string_view bytes, const cache::EncodingLimits& limits) {
    std::string empty(dense_bytes, '\0');
    empty.replace(0, 4, "HYLL");
    const std::array<std::string_view, 2> both{bytes, empty};
    return cache::hyperloglog_merge(both, limits);
}

std::uint8_t register_of(std::string_view dense, std::size_t at) noexcept {
    const std::size_t bit = at * 6;
    const std::string_view body = dense.substr(head_bytes);
    unsigned value = static_cast<unsigned char>(body[bit / 8]);
    if (bit / 8 + 1 < body.size()) value |= static_cast<unsigned>(static_cast<unsigned char>(body[bit / 8 + 1])) << 8;
    return static_cast<std::uint8_t>(value >> (bit % 8) & 63);
}

std::string describe_runs(std::string_view dense) {
    std::string text;
    for (std::size_t at = 0; at < registers_count;) {
        const unsigned value = register_of(dense, at);
        std::size_t end = at + 1;
        while (end < registers_count && register_of(dense, end) == value) ++end;
        if (!text.empty()) text += ' ';
        text += value == 0 ? "z:" : "v:" + std::to_string(value) + ",";
        text += std::to_string(end - at);
        at = end;
    }
    return text;
}

// PFDEBUG GETREG | DECODE | ENCODING | TODENSE key
void pfdebug(Database& database, Args args, Reply& reply, Session&) {
    // One way of counting fits all processors.
    if (equals_ignoring_case(args[1], "simd")) return reply.ok();
    const KeyRef key(args[2]);
    const auto found = database.find_string(key);
    if (!found && !found.wrong_type) return reply.error("ERR The specified key does not exist");
    if (refuse_other(found, reply)) return;
    const auto encoding = cache::hyperloglog_encoding(found->bytes());
    const auto dense = as_dense(found->bytes(), database.encodings());
    if (!dense) return reply.error(damaged);
    if (equals_ignoring_case(args[1], "getreg")) {
        reply.array(registers_count);
        for (std::size_t i = 0; i < registers_count; ++i) reply.integer(register_of(*dense, i));
    } else if (equals_ignoring_case(args[1], "decode")) {
        if (encoding == "dense") return reply.error("ERR HLL encoding is not sparse");
        reply.bulk(describe_runs(*dense));
    } else if (equals_ignoring_case(args[1], "encoding")) {
        reply.simple(encoding);
    } else if (equals_ignoring_case(args[1], "todense")) {
        if (encoding == "dense") return reply.integer(0);
        store(database, key, *dense);
        reply.integer(1);
    } else {
        reply.error("ERR Unknown PFDEBUG subcommand '", std::string(args[1]) + "'");
    }
}

// PFSELFTEST: the estimate of many elements stays within four standard errors.
void pfselftest(Database& database, Args, Reply& reply, Session&) {
    constexpr std::uint64_t elements_count = 100'000;
    constexpr double error_limit = 4 * 0.0081;
    cache::String text{cache::new_hyperloglog()};
    for (std::uint64_t i = 0; i < elements_count; ++i) {
        if (!cache::hyperloglog_add(text, std::to_string(i), database.encodings())) return reply.error(damaged);
    }
    const auto estimate = static_cast<double>(cache::hyperloglog_count(text).value_or(0));
    const double error = estimate / static_cast<double>(elements_count) - 1;
    if (error > error_limit || error < -error_limit) {
        return reply.error("ERR the estimate is off by ", std::to_string(error));
    }
    reply.ok();
}

constexpr CommandSpec rows[] = {
    {.name = "pfadd",
     .arguments = "key [element]...",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::insert)},
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .summary = "Adds elements to a HyperLogLog.",
     .complexity = "O(1) to add every element",
     .handler = pfadd},
    {.name = "pfcount",
     .arguments = "key...",
     .arity = -2,
     .access = Access::read(),
     .flags = flag::may_replicate,
     .keys = {keys::range(1, -1, 1, key_flag::rw | key_flag::access)},
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .summary = "Estimates the number of distinct elements.",
     .complexity = "O(1)",
     .handler = pfcount},
    {.name = "pfmerge",
     .arguments = "destkey:key [sourcekey:key]...",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::insert),
              keys::range(2, -1, 1, key_flag::ro | key_flag::access)},
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .summary = "Merges HyperLogLogs into one.",
     .complexity = "O(N) to merge N HyperLogLogs, but",
     .handler = pfmerge},
    {.name = "pfdebug",
     .arguments = "subcommand key",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::admin,
     .keys = {keys::one(2, key_flag::rw | key_flag::access)},
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .summary = "Shows or changes how a HyperLogLog is kept.",
     .complexity = "N/A",
     .acl = acl::admin | acl::dangerous,
     .handler = pfdebug},
    {.name = "pfselftest",
     .arity = 1,
     .access = Access::none(),
     .flags = flag::admin,
     .group = Group::hyperloglog,
     .since = "2.8.9",
     .summary = "Checks the HyperLogLog's implementation.",
     .complexity = "N/A",
     .acl = acl::admin | acl::dangerous,
     .handler = pfselftest},
};

}  // namespace

CommandFamily hyperloglog_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
