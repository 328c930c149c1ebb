// MIGRATE: moves keys to another server. The bytes are taken under the keys' locks; the other server is talked to on
// the client's own event loop while everybody else goes on, and a key is only removed where it still is what was sent.
#include "proxy/resp/commands/migrate.h"
#include "cache/persist/dump_payload.h"
#include "cache/store/lock_set.h"
#include "proxy/resp/command_log.h"
#include "proxy/resp/command_table.h"
#include "proxy/resp/commands/typed_access.h"
#include "proxy/resp/connection.h"
#include "proxy/resp/migration.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/waiters.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;

constexpr std::int64_t usual_timeout_ms = 1000;

struct Migration {
    std::shared_ptr<ClientState> client;
    ServerState* server = nullptr;
    unsigned database = 0;
    MigrationTarget target;
    bool copy = false;
    std::vector<std::string> keys;
    std::shared_ptr<Waiter> waiter;
};

// --- What is asked for

std::size_t keys_word(Args args) {
    for (std::size_t i = 6; i < args.size(); ++i) {
        if (equals_ignoring_case(args[i], "auth")) {
            ++i;
        } else if (equals_ignoring_case(args[i], "auth2")) {
            i += 2;
        } else if (equals_ignoring_case(args[i], "keys")) {
            return i;
        }
    }
    return args.size();
}

bool parse_options(Args args, Migration& out, Reply& reply) {
    for (std::size_t i = 6; i < args.size(); ++i) {
        const std::size_t left = args.size() - i - 1;
        if (equals_ignoring_case(args[i], "copy")) {
            out.copy = true;
        } else if (equals_ignoring_case(args[i], "replace")) {
            out.target.replace = true;
        } else if (left >= 1 && equals_ignoring_case(args[i], "auth")) {
            out.target.password = args[++i];
        } else if (left >= 2 && equals_ignoring_case(args[i], "auth2")) {
            out.target.user = args[++i];
            out.target.password = args[++i];
        } else if (equals_ignoring_case(args[i], "keys")) {
            if (!args[3].empty()) {
                reply.error("ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
                return false;
            }
            for (const auto key : args.subspan(i + 1)) out.keys.emplace_back(key);
            break;
        } else {
            reply.error(errors::syntax);
            return false;
        }
    }
    if (keys_word(args) == args.size()) out.keys.emplace_back(args[3]);
    std::int64_t timeout = 0;
    std::int64_t database = 0;
    if (!integer_argument(args[5], timeout, reply) || !integer_argument(args[4], database, reply)) return false;
    if (timeout <= 0) timeout = usual_timeout_ms;
    constexpr std::int64_t longest_ms = 24LL * 3600 * 1000;
    out.target.timeout = std::chrono::milliseconds(std::min(timeout, longest_ms));
    out.target.database = std::to_string(database);
    return true;
}

// With the key's slice held. False where there is nothing to move.
bool take_bytes(Database& database, const std::string& name, MigratedKey& out) {
    const KeyRef key(name);
    const auto* entry = database.find(key, cache::Touch::no);
    if (entry == nullptr || !cache::has_rdb_form(*entry)) return false;
    out = {name, cache::dump_payload(*entry), 0};
    if (const auto at = database.expiry(key)) {
        out.ttl_ms = std::max<std::int64_t>(1, (*at - database.now()).count());
    }
    return true;
}

// --- The end

// Removes a key that is as it was sent. False where it was changed, and `moved` is what it is now.
bool remove_sent(const Migration& migration, MigratedKey& moved) {
    auto& server = *migration.server;
    const KeyRef key(moved.key);
    cache::LockSet lock(server.keyspace, key);
    Database database(server.keyspace, migration.database);
    MigratedKey now;
    if (!take_bytes(database, moved.key, now)) return true;
    if (now.payload != moved.payload) {
        moved = std::move(now);
        return false;
    }
    database.erase(key);
    database.changed(key, EventClass::generic, "del");
    if (auto* log = server.services.log; log != nullptr) {
        const std::string_view args[] = {"DEL", moved.key};
        log->append(migration.database, args);
    }
    return true;
}

// The client's wait, as its worker registered it; null where it is over.
std::shared_ptr<Waiter> waiter_of(const Migration& migration) {
    auto& server = *migration.server;
    const KeyRef key(migration.keys.front());
    cache::LockSet lock(server.keyspace, key);
    for (auto& waiter : server.waiters.waiters(server.keyspace.slice_of(key.hash), migration.database, key.key)) {
        if (waiter->client == migration.client && waiter->command.command->spec->name == "migrate") return waiter;
    }
    return nullptr;
}

void answer(const Migration& migration, std::string_view text) {
    if (!migration.waiter) return;
    {
        cache::LockSet lock(migration.server->keyspace, KeyRef(migration.keys.front()));
        if (!migration.waiter->waiting) return;
        migration.server->waiters.remove(migration.waiter, migration.server->keyspace);
    }
    const std::string reply = (text.empty() ? std::string("+OK") : "-" + std::string(text)) + "\r\n";
    if (auto* connection = migration.client->connection; connection != nullptr) {
        connection->unblocked(migration.waiter, reply);
    }
}

// Removes what is as it was sent; the rest goes again.
std::vector<MigratedKey> remove_sent(const Migration& migration, std::vector<MigratedKey> accepted) {
    std::vector<MigratedKey> again;
    if (migration.copy) return again;
    for (auto& moved : accepted) {
        if (!remove_sent(migration, moved)) again.push_back(std::move(moved));
    }
    return again;
}

}  // namespace

void find_migrate_keys(Args args, std::vector<FoundKey>& found) {
    constexpr auto flags = key_flag::rw | key_flag::access | key_flag::remove;
    if (args.size() < 6) return;
    const auto word = keys_word(args);
    if (word == args.size()) return found.push_back({3, flags});
    for (std::size_t i = word + 1; i < args.size(); ++i) found.push_back({static_cast<std::uint32_t>(i), flags});
}

void migrate(Database& database, Args args, Reply& reply, Session& session) {
    if (session.is_retry()) return session.block({}, reply);  // the key was changed: its bytes go again
    auto migration = std::make_shared<Migration>();
    if (!parse_options(args, *migration, reply)) return;
    std::vector<MigratedKey> pending;
    for (const auto& key : migration->keys) {
        MigratedKey moved;
        if (take_bytes(database, key, moved)) pending.push_back(std::move(moved));
    }
    if (pending.empty()) return reply.simple("NOKEY");
    if (!session.may_block()) return reply.error("ERR MIGRATE is not possible inside a transaction or a script");
    migration->client = session.client().shared_from_this();
    migration->server = &session.server();
    migration->database = session.database_index();
    migration->target.host = args[1];
    migration->target.port = args[2];
    session.block({.keys = {migration->keys.front()}}, reply);
    start_migration(
        migration->client->worker(), migration->target, std::move(pending),
        {[migration] { migration->waiter = waiter_of(*migration); },
         [migration](std::vector<MigratedKey> accepted) { return remove_sent(*migration, std::move(accepted)); },
         [migration](const std::string& error) { answer(*migration, error); }});
}

}  // namespace sabil::proxy::resp
