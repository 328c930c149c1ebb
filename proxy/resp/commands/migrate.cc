// MIGRATE: moves keys to another server. The bytes are taken under the keys' locks; the other server is talked to on
// the client's own event loop while everybody else goes on, and a key is only removed where it still is what was sent.
#include "cache/persist/dump_payload.h"
#include "cache/store/lock_set.h"
#include "proxy/resp/command_log.h"
#include "proxy/resp/command_table.h"
#include "proxy/resp/commands/migrate.h"
#include "proxy/resp/commands/typed_access.h"
#include "proxy/resp/connection.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/waiters.h"

#include <asio/co_spawn.hpp>
#include <asio/connect.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;
using asio::ip::tcp;

constexpr std::int64_t usual_timeout_ms = 1000;
constexpr std::size_t reply_line_bytes_max = 64 << 10;
// A key that is changed while it travels is sent again, this often.
constexpr int rounds_max_count = 8;

struct Moved {
    std::string key;
    std::string payload;
    std::int64_t ttl_ms = 0;  // 0: none
};

struct Migration {
    std::shared_ptr<ClientState> client;
    ServerState* server = nullptr;
    unsigned database = 0;
    std::string host, port, user, password;
    std::string target_database;
    std::chrono::milliseconds timeout{usual_timeout_ms};
    bool copy = false;
    bool replace = false;
    std::vector<std::string> keys;
    std::vector<Moved> pending;
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
            out.replace = true;
        } else if (left >= 1 && equals_ignoring_case(args[i], "auth")) {
            out.password = args[++i];
        } else if (left >= 2 && equals_ignoring_case(args[i], "auth2")) {
            out.user = args[++i];
            out.password = args[++i];
        } else if (equals_ignoring_case(args[i], "keys")) {
            if (!args[3].empty()) {
                reply.error(
                    "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
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
    out.timeout = std::chrono::milliseconds(std::min(timeout, longest_ms));
    out.target_database = std::to_string(database);
    return true;
}

// With the key's slice held. False where there is nothing to move.
bool take_bytes(Database& database, const std::string& name, Moved& out) {
    const KeyRef key(name);
    const auto* entry = database.find(key, cache::Touch::no);
    if (entry == nullptr || !cache::has_rdb_form(*entry)) return false;
    out = {name, cache::dump_payload(*entry), 0};
    if (const auto at = database.expiry(key)) {
        out.ttl_ms = std::max<std::int64_t>(1, (*at - database.now()).count());
    }
    return true;
}

// --- The conversation with the other server

void append_command(std::string& out, std::initializer_list<std::string_view> words) {
    out += "*" + std::to_string(words.size()) + "\r\n";
    for (const auto word : words) {
        out += "$" + std::to_string(word.size()) + "\r\n";
        out += word;
        out += "\r\n";
    }
}

struct Link {
    Link(asio::io_context& context, std::chrono::milliseconds limit) : socket(context), timer(context), timeout(limit) {}

    tcp::socket socket;
    asio::steady_timer timer;
    std::chrono::milliseconds timeout;
    std::string received;

    // Each step of the conversation has the whole time limit.
    static void arm(const std::shared_ptr<Link>& link) {
        link->timer.expires_after(link->timeout);
        link->timer.async_wait([link](std::error_code error) {
            if (error || link->timer.expiry() > std::chrono::steady_clock::now()) return;
            std::error_code ignored;
            link->socket.close(ignored);
        });
    }
};

asio::awaitable<bool> open_link(std::shared_ptr<Link> link, const Migration& migration) {
    std::error_code error;
    Link::arm(link);
    tcp::resolver resolver(link->socket.get_executor());
    const auto targets =
        co_await resolver.async_resolve(migration.host, migration.port, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
    co_await asio::async_connect(link->socket, targets, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

// One reply line without its line break; false where none came in time.
asio::awaitable<bool> read_line(std::shared_ptr<Link> link, std::string& line) {
    std::error_code error;
    Link::arm(link);
    const auto size = co_await asio::async_read_until(link->socket,
                                                      asio::dynamic_buffer(link->received, reply_line_bytes_max), "\r\n",
                                                      asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
    line = link->received.substr(0, size - 2);
    link->received.erase(0, size);
    co_return true;
}

std::string requests(const Migration& migration, bool with_greeting) {
    std::string out;
    if (with_greeting) {
        if (!migration.user.empty()) append_command(out, {"AUTH", migration.user, migration.password});
        else if (!migration.password.empty()) append_command(out, {"AUTH", migration.password});
        append_command(out, {"SELECT", migration.target_database});
    }
    for (const auto& moved : migration.pending) {
        const auto ttl = std::to_string(moved.ttl_ms);
        if (migration.replace) append_command(out, {"RESTORE", moved.key, ttl, moved.payload, "REPLACE"});
        else append_command(out, {"RESTORE", moved.key, ttl, moved.payload});
    }
    return out;
}

// Sends what is pending; `accepted` are the keys that the other server now has. The error's text, or nothing.
asio::awaitable<std::string> send_keys(std::shared_ptr<Link> link, const Migration& migration, bool with_greeting,
                                       std::vector<Moved>& accepted) {
    const std::string out = requests(migration, with_greeting);
    std::error_code error;
    Link::arm(link);
    co_await asio::async_write(link->socket, asio::buffer(out), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return "IOERR error or timeout writing to target instance";
    std::string refusal;
    std::string line;
    const int greetings = !with_greeting ? 0 : migration.password.empty() ? 1 : 2;
    for (int i = 0; i < greetings; ++i) {
        if (!co_await read_line(link, line)) co_return "IOERR error or timeout reading from target instance";
        if (line.starts_with('-') && refusal.empty()) refusal = line.substr(1);
    }
    const bool greeted = refusal.empty();
    for (const auto& moved : migration.pending) {
        if (!co_await read_line(link, line)) co_return "IOERR error or timeout reading from target instance";
        if (line.starts_with('-')) {
            if (refusal.empty()) refusal = line.substr(1);
        } else if (greeted) {
            accepted.push_back(moved);
        }
    }
    co_return refusal.empty() ? std::string() : "ERR Target instance replied with error: " + refusal;
}

// --- The end

// Removes a key that is as it was sent. False where it was changed, and `moved` is what it is now.
bool remove_sent(const Migration& migration, Moved& moved) {
    auto& server = *migration.server;
    const KeyRef key(moved.key);
    cache::LockSet lock(server.keyspace, key);
    Database database(server.keyspace, migration.database);
    Moved now;
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

asio::awaitable<void> run(std::shared_ptr<Migration> migration) {
    migration->waiter = waiter_of(*migration);
    auto link = std::make_shared<Link>(migration->client->worker.context(), migration->timeout);
    std::string error;
    if (!co_await open_link(link, *migration)) error = "IOERR error or timeout connecting to the client";
    for (int round = 0; error.empty() && !migration->pending.empty(); ++round) {
        std::vector<Moved> accepted;
        error = co_await send_keys(link, *migration, round == 0, accepted);
        migration->pending.clear();
        if (migration->copy) break;
        for (auto& moved : accepted) {
            if (!remove_sent(*migration, moved)) migration->pending.push_back(std::move(moved));
        }
        if (error.empty() && !migration->pending.empty() && round + 1 == rounds_max_count) {
            error = "ERR key '" + migration->pending.front().key + "' keeps changing: it was copied, and is still here";
        }
        migration->replace = true;
    }
    link->timer.cancel();
    answer(*migration, error);
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
    for (const auto& key : migration->keys) {
        Moved moved;
        if (take_bytes(database, key, moved)) migration->pending.push_back(std::move(moved));
    }
    if (migration->pending.empty()) return reply.simple("NOKEY");
    if (!session.may_block()) return reply.error("ERR MIGRATE is not possible inside a transaction or a script");
    migration->client = session.client().shared_from_this();
    migration->server = &session.server();
    migration->database = session.database_index();
    migration->host = args[1];
    migration->port = args[2];
    session.block({.keys = {migration->keys.front()}}, reply);
    // Not before this command has given its slices back.
    asio::post(migration->client->worker.context(), [migration] {
        asio::co_spawn(migration->client->worker.context(), run(migration), asio::detached);
    });
}

}  // namespace sabil::proxy::resp
