// One client's conversation, as command handlers see it: what may be asked about the client, and what a handler tells
// the server about the keys it changed or waits for. Sockets and buffers are elsewhere (connection.h).
#pragma once

#include "proxy/resp/args.h"
#include "proxy/resp/keyspace_event.h"

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::cache {
class Keyspace;
}

namespace sabil::proxy::resp {

struct ClientState;  // client_state.h: name, transaction, subscriptions, tracking, user: for the connection families
class ServerState;   // server_state.h: registries of the whole server, for the server families
class CommandTrace;  // what a running command reported: changed keys, the form it is logged in

// What a blocked client is answered when its time is up.
enum class TimeoutReply : std::uint8_t { null_array, null, zero };

struct BlockRequest {
    std::vector<std::string_view> keys;  // any of them becoming ready runs the command again; copied
    std::int64_t timeout_ms = 0;         // 0 waits for ever
    TimeoutReply on_timeout = TimeoutReply::null_array;
    // The arguments of the next run, where they differ from this one's (XREAD's `$` becomes an id); copied.
    std::vector<std::string> retry_args = {};
    // XREADGROUP: an error on a retry (key gone, or of another type) ends the wait; others go on waiting on WRONGTYPE.
    bool ends_on_error = false;
};

// Thread-safety: one thread at a time: its worker's, or the one that serves it while it is blocked.
class Session {
  public:
    Session(ServerState& server, ClientState& client) noexcept : server_(server), client_(client) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    int resp_version() const noexcept { return resp_version_; }
    unsigned database_index() const noexcept { return database_index_; }
    std::uint64_t client_id() const noexcept { return client_id_; }
    // Other databases than the one a handler is given (MOVE, COPY ... DB, SWAPDB).
    cache::Keyspace& keyspace() noexcept;

    // True inside EXEC and scripts, where nothing may block: block() then answers as if the time were up.
    bool may_block() const noexcept { return may_block_; }
    bool in_script() const noexcept { return in_script_; }
    // True where this run is a retry of a blocked command.
    bool is_retry() const noexcept { return is_retry_; }

    // A key of the current database was changed by this command: once per change, after it. Tells watchers, tracking
    // clients, keyspace events, blocked clients, the append-only file; counts towards rdb_changes_since_last_save.
    void changed(EventClass event_class, std::string_view event, std::string_view key) {
        changed_in(database_index_, event_class, event, key);
    }
    void changed_in(unsigned database, EventClass event_class, std::string_view event, std::string_view key);
    // An event that changes nothing (a key miss), or a second event of one change.
    void notify(EventClass event_class, std::string_view event, std::string_view key);
    // Every key of these databases was changed (FLUSHDB, SWAPDB); all of them where `database` is -1.
    void changed_all(int database);

    // The command is logged in this form instead of its own (EXPIRE as PEXPIREAT, SPOP as SREM); may be called more
    // than once. Copied. Without changed() nothing is logged.
    void log_instead(std::initializer_list<std::string_view> args);
    void log_instead(std::span<const std::string> args);
    // Nothing is logged though keys were changed.
    void log_nothing();

    // Ends the handler's run without a reply: the client waits. Where nothing may block, writes the time-out reply.
    void block(BlockRequest request, Reply& reply);

    // For the connection and server families.
    ClientState& client() noexcept { return client_; }
    ServerState& server() noexcept { return server_; }
    void set_resp_version(int version) noexcept { resp_version_ = version; }
    void set_database_index(unsigned index) noexcept { database_index_ = index; }

  private:
    friend class Dispatcher;

    ServerState& server_;
    ClientState& client_;
    CommandTrace* trace_ = nullptr;  // of the running command; never null inside a handler
    std::uint64_t client_id_ = 0;
    unsigned database_index_ = 0;
    int resp_version_ = 2;
    bool may_block_ = true;
    bool in_script_ = false;
    bool is_retry_ = false;
};

}  // namespace sabil::proxy::resp
