// Compare and delete, and the digest that comparisons can use instead of the value.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/set_options.h"
#include "proxy/resp/commands/typed_access.h"

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;

void erase(Database& database, const KeyRef& key, Reply& reply, Session& session) {
    database.erase(key);
    database.changed(key, EventClass::generic, "del");
    session.log_instead({"DEL", key.key});
    reply.integer(1);
}

// DELIFEQ key value
void delifeq(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_string(key);
    if (refuse_wrong_type(found, reply)) return;
    if (!found || !(*found == args[2])) return reply.integer(0);
    erase(database, key, reply, session);
}

// DELEX key [IFEQ value | IFNE value | IFDEQ digest | IFDNE digest]
void delex(Database& database, Args args, Reply& reply, Session& session) {
    if (args.size() != 2 && args.size() != 4) return reply.wrong_arguments("delex");
    SetOptions options;
    if (!parse_set_options(args, 2, set_word::compares, options, reply)) return;
    const KeyRef key = session.key(args[1]);
    if (!options.condition.compares()) {
        if (!database.contains(key)) return reply.integer(0);
        return erase(database, key, reply, session);
    }
    const auto found = database.find_string(key);
    if (found.wrong_type) return reply.error("ERR Key should be of string type if conditions are specified");
    if (!found || !options.condition.holds(found.value)) return reply.integer(0);
    erase(database, key, reply, session);
}

// DIGEST key
void digest(Database& database, Args args, Reply& reply, Session& session) {
    const auto found = database.find_string(session.key(args[1]));
    if (refuse_wrong_type(found, reply)) return;
    if (!found) return reply.null();
    reply.bulk(value_digest(*found).view());
}

constexpr CommandSpec rows[] = {
    {.name = "delifeq",
     .arguments = "key value",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::string,
     .since = "9.0.0",
     .summary = "Deletes a key whose string equals a value.",
     .complexity = "O(1)",
     .handler = delifeq},
    {.name = "delex",
     .arguments = "key [<condition> IFEQ comparison-value | IFNE comparison-value | IFDEQ digest | IFDNE digest]",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::fast | flag::drops_filled,
     .keys = {keys::one(1, key_flag::rm | key_flag::remove)},
     .group = Group::string,
     .since = "8.4.0",
     .summary = "Deletes a key, where asked only if its string or the string's digest equals or differs from another.",
     .complexity = "O(1)",
     .handler = delex},
    {.name = "digest",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::string,
     .since = "8.4.0",
     .summary = "Returns the 64-bit XXH3 hash of a string in hexadecimal.",
     .complexity = "O(N)",
     .handler = digest},
};

}  // namespace

CommandFamily string_compare_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
