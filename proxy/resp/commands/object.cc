// OBJECT: how a value is kept.
#include "cache/eviction/policy_name.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

namespace sabil::proxy::resp {
namespace {

using cache::Database;

bool frequency_is_tracked(const Database& database) noexcept {
    const cache::EvictionPolicyName policy = database.keyspace().tunables().maxmemory_policy;
    return policy == cache::EvictionPolicyName::allkeys_lfu || policy == cache::EvictionPolicyName::volatile_lfu;
}

// OBJECT ENCODING key
void object_encoding(Database& database, Args args, Reply& reply, Session&) {
    const auto info = database.object_info(cache::KeyRef(args[2]));
    if (!info) return reply.null();
    reply.bulk(info->encoding);
}

bool keeps_ages(cache::EvictionPolicyName policy) {
    const auto name = cache::eviction_policy_text(policy);
    return name.ends_with("lru") || name.ends_with("lfu");
}

// OBJECT REFCOUNT key; values are never shared, but clients expect small integers to be
// where their ages need not be kept apart.
void object_refcount(Database& database, Args args, Reply& reply, Session& session) {
    constexpr std::int64_t shared_integers_count = 10'000;
    const auto* entry = database.find(cache::KeyRef(args[2]), cache::Touch::no);
    if (entry == nullptr) return reply.null();
    bool shared = false;
    const auto& tunables = session.keyspace().tunables();
    const bool ages = tunables.maxmemory_bytes != 0 && keeps_ages(tunables.maxmemory_policy);
    if (!ages && entry->type() == cache::ValueType::string && entry->string().is_integer()) {
        shared = entry->string().integer() >= 0 && entry->string().integer() < shared_integers_count;
    }
    reply.integer(shared ? INT32_MAX : 1);
}

// OBJECT IDLETIME key
void object_idletime(Database& database, Args args, Reply& reply, Session&) {
    const auto info = database.object_info(cache::KeyRef(args[2]));
    if (!info) return reply.null();
    if (frequency_is_tracked(database)) {
        return reply.error(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between "
            "policies at runtime LRU and LFU data will take some time to adjust.");
    }
    reply.integer(info->idle.count());
}

// OBJECT FREQ key
void object_freq(Database& database, Args args, Reply& reply, Session&) {
    const auto info = database.object_info(cache::KeyRef(args[2]));
    if (!info) return reply.null();
    if (!frequency_is_tracked(database)) {
        return reply.error(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
            "switching between policies at runtime LRU and LFU data will take some time to adjust.");
    }
    reply.integer(info->frequency);
}

// OBJECT HELP
void object_help(Database&, Args, Reply& reply, Session&) {
    reply.lines({
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>",
        "    Return the name of the encoding the key's value is kept in.",
        "FREQ <key>",
        "    Return how often the key is used, on a logarithmic scale; under LFU policies.",
        "HELP",
        "    Print this help.",
        "IDLETIME <key>",
        "    Return the seconds since the key was last used; under other policies than LFU.",
        "REFCOUNT <key>",
        "    Return the number of references to the key's value.",
    });
}

constexpr CommandSpec subcommands[] = {
    {.name = "encoding",
     .arguments = "key",
     .arity = 3,
     .access = Access::read(),
     .keys = {keys::one(2, key_flag::ro)},
     .group = Group::generic,
     .since = "2.2.3",
     .summary = "Returns the name of the encoding a value is kept in.",
     .complexity = "O(1)",
     .handler = object_encoding},
    {.name = "refcount",
     .arguments = "key",
     .arity = 3,
     .access = Access::read(),
     .keys = {keys::one(2, key_flag::ro)},
     .group = Group::generic,
     .since = "2.2.3",
     .summary = "Returns the number of references to a value.",
     .complexity = "O(1)",
     .handler = object_refcount},
    {.name = "idletime",
     .arguments = "key",
     .arity = 3,
     .access = Access::read(),
     .keys = {keys::one(2, key_flag::ro)},
     .group = Group::generic,
     .since = "2.2.3",
     .summary = "Returns the seconds since a key was last used.",
     .complexity = "O(1)",
     .handler = object_idletime},
    {.name = "freq",
     .arguments = "key",
     .arity = 3,
     .access = Access::read(),
     .keys = {keys::one(2, key_flag::ro)},
     .group = Group::generic,
     .since = "4.0.0",
     .summary = "Returns how frequently a key is used, on a logarithmic scale.",
     .complexity = "O(1)",
     .handler = object_freq},
    {.name = "help",
     .arity = 2,
     .access = Access::none(),
     .flags = flag::loading | flag::stale,
     .group = Group::generic,
     .since = "6.2.0",
     .summary = "Lists the subcommands of OBJECT.",
     .complexity = "O(1)",
     .handler = object_help},
};

constexpr CommandSpec rows[] = {
    {.name = "object",
     .arity = -2,
     .access = Access::none(),
     .group = Group::generic,
     .since = "2.2.3",
     .summary = "A container for questions about how a value is kept.",
     .complexity = "Depends on subcommand",
     .subcommands = subcommands},
};

}  // namespace

CommandFamily object_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
