// Strings: storing and reading them whole.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/set_options.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <string>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::ExpiryRule;
using cache::KeyRef;

constexpr unsigned set_words =
    set_word::conditions | set_word::compares | set_word::times | set_word::keep_ttl | set_word::get;

void log_as_set(Session& session, std::string_view key, std::string_view value, WallTime at) {
    DecimalBuffer digits;
    session.log_instead({"SET", key, value, "PXAT", format_integer(at.time_since_epoch().count(), digits)});
}

// Stores the string with what the options say about the expiry, and tells of it.
void store(Database& database, Session& session, const KeyRef& key, std::string_view value, std::optional<WallTime> at,
           bool keep_ttl) {
    database.set_string(key, value, keep_ttl ? ExpiryRule::keep : ExpiryRule::clear, at);
    database.changed(key, EventClass::string, "set");
    if (!at) return;
    database.notify(key, EventClass::generic, "expire");
    log_as_set(session, key.key, value, *at);
}

// Writes the string or null; false, with the error written, where the key holds another type.
bool reply_string(Database& database, const KeyRef& key, Reply& reply) {
    const auto found = database.find_string(key);
    if (refuse_wrong_type(found, reply)) return false;
    if (found) {
        reply_element(reply, *found);
    } else {
        reply.null();
    }
    return true;
}

// Whether SET may go ahead; false, with the reply written, where not.
bool set_may_go_ahead(Database& database, const KeyRef& key, const SetOptions& options, Reply& reply) {
    const auto& condition = options.condition;
    bool goes = true;
    if (condition.compares()) {
        const auto found = database.find_string(key);
        if (refuse_wrong_type(found, reply)) return false;
        goes = condition.holds(found.value);
    } else if (condition.kind != SetCondition::Kind::always) {
        goes = database.contains(key) == (condition.kind == SetCondition::Kind::present);
    }
    if (options.get) return reply_string(database, key, reply) && goes;
    if (!goes) reply.null();
    return goes;
}

// SET key value [NX | XX | IFEQ v | IFNE v | IFDEQ digest | IFDNE digest] [GET] [EX s | PX ms | EXAT t | PXAT t |
// KEEPTTL]
void set(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    if (args.size() == 3) {
        store(database, session, key, args[2], std::nullopt, false);
        return reply.ok();
    }
    SetOptions options;
    if (!parse_set_options(args, 3, set_words, options, reply)) return;
    std::optional<WallTime> at;
    if (options.time) {
        at.emplace();
        if (!expiry_argument(options.time_text, *options.time, database.now(), true, "set", *at, reply)) return;
    }
    if (!set_may_go_ahead(database, key, options, reply)) return;
    store(database, session, key, args[2], at, options.keep_ttl);
    if (!options.get) reply.ok();
}

// GET key
void get(Database& database, Args args, Reply& reply, Session&) {
    reply_string(database, KeyRef(args[1]), reply);
}

// GETEX key [EX s | PX ms | EXAT t | PXAT t | PERSIST]
void getex(Database& database, Args args, Reply& reply, Session& session) {
    SetOptions options;
    if (!parse_set_options(args, 2, set_word::times | set_word::persist, options, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_string(key);
    if (refuse_wrong_type(found, reply)) return;
    if (!found) return reply.null();
    std::optional<WallTime> at;
    if (options.time) {
        at.emplace();
        if (!expiry_argument(options.time_text, *options.time, database.now(), true, "getex", *at, reply)) return;
    }
    reply_element(reply, *found);
    if (at && *at <= database.expiry_now()) {
        database.erase(key);
        database.changed(key, EventClass::generic, "del");
        session.log_instead({"DEL", key.key});
    } else if (at) {
        database.set_expiry(key, *at);
        database.changed(key, EventClass::generic, "expire");
        DecimalBuffer digits;
        session.log_instead({"PEXPIREAT", key.key, format_integer(at->time_since_epoch().count(), digits)});
    } else if (options.persist && database.persist(key)) {
        database.changed(key, EventClass::generic, "persist");
        session.log_instead({"PERSIST", key.key});
    }
}

// GETDEL key
void getdel(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    const auto found = database.find_string(key);
    if (refuse_wrong_type(found, reply)) return;
    if (!found) return reply.null();
    reply_element(reply, *found);
    database.erase(key);
    database.changed(key, EventClass::generic, "del");
    session.log_instead({"DEL", key.key});
}

// GETSET key value
void getset(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    if (!reply_string(database, key, reply)) return;
    store(database, session, key, args[2], std::nullopt, false);
    session.log_instead({"SET", key.key, args[2]});
}

// SETNX key value
void setnx(Database& database, Args args, Reply& reply, Session& session) {
    const KeyRef key = session.key(args[1]);
    if (database.contains(key)) return reply.integer(0);
    store(database, session, key, args[2], std::nullopt, false);
    reply.integer(1);
}

void set_with_expiry(Database& database, Args args, Reply& reply, Session& session, TimeUnit unit,
                     std::string_view command) {
    WallTime at;
    if (!expiry_argument(args[2], {unit, TimeBase::now}, database.now(), true, command, at, reply)) return;
    store(database, session, session.key(args[1]), args[3], at, false);
    reply.ok();
}

// SETEX key seconds value
void setex(Database& database, Args args, Reply& reply, Session& session) {
    set_with_expiry(database, args, reply, session, TimeUnit::seconds, "setex");
}

// PSETEX key milliseconds value
void psetex(Database& database, Args args, Reply& reply, Session& session) {
    set_with_expiry(database, args, reply, session, TimeUnit::milliseconds, "psetex");
}

// Without GET the old value is overwritten unread.
void find_set_key(Args args, std::vector<FoundKey>& found) {
    if (args.size() < 2) return;
    bool reads = args.size() > 3 && std::any_of(args.begin() + 3, args.end(), [](std::string_view word) {
                     return equals_ignoring_case(word, "get");
                 });
    auto flags = reads ? key_flag::rw | key_flag::access | key_flag::update : key_flag::ow | key_flag::update;
    found.push_back({1, static_cast<std::uint16_t>(flags)});
}

constexpr CommandSpec rows[] = {
    {.name = "get",
     .arguments = "key",
     .arity = 2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Returns the string stored at a key.",
     .complexity = "O(1)",
     .handler = get},
    {.name = "set",
     .arguments = "key value [<condition> NX | XX | IFEQ comparison-value | IFNE comparison-value | IFDEQ digest "
                  "| IFDNE digest] [GET] [<expiration> EX seconds:integer | PX milliseconds:integer | EXAT "
                  "unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | KEEPTTL]",
     .arity = -3,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update | key_flag::variable)},
     .find_keys = find_set_key,
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Stores a string at a key, whatever it held before, on conditions and with an expiry where asked.",
     .complexity = "O(1)",
     .handler = set},
    {.name = "getex",
     .arguments = "key [<expiration> EX seconds:integer | PX milliseconds:integer | EXAT "
                  "unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST]",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::string,
     .since = "6.2.0",
     .summary = "Returns the string stored at a key and sets or drops the key's expiry.",
     .complexity = "O(1)",
     .handler = getex},
    {.name = "getdel",
     .arguments = "key",
     .arity = 2,
     .access = Access::write(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::remove)},
     .group = Group::string,
     .since = "6.2.0",
     .summary = "Returns the string stored at a key and deletes the key.",
     .complexity = "O(1)",
     .handler = getdel},
    {.name = "getset",
     .arguments = "key value",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Stores a string at a key and returns the one it held.",
     .complexity = "O(1)",
     .handler = getset,
     .deprecated_since = "6.2.0",
     .replaced_by = "`SET` with the `!GET` argument"},
    {.name = "setnx",
     .arguments = "key value",
     .arity = 3,
     .access = Access::write(),
     .flags = flag::denyoom | flag::fast,
     .keys = {keys::one(1, key_flag::ow | key_flag::insert)},
     .group = Group::string,
     .since = "1.0.0",
     .summary = "Stores a string at a key that does not exist.",
     .complexity = "O(1)",
     .handler = setnx},
    {.name = "setex",
     .arguments = "key seconds:integer value",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update)},
     .group = Group::string,
     .since = "2.0.0",
     .summary = "Stores a string with an expiry in seconds.",
     .complexity = "O(1)",
     .handler = setex},
    {.name = "psetex",
     .arguments = "key milliseconds:integer value",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update)},
     .group = Group::string,
     .since = "2.6.0",
     .summary = "Stores a string with an expiry in milliseconds.",
     .complexity = "O(1)",
     .handler = psetex},
};

}  // namespace

CommandFamily string_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
