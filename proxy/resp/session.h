// One client's conversation, as command handlers see it: what may be asked about the client, and what a handler tells
// the server about the form its change is logged in and the keys it waits for. Changes of keys are told to the store
// (cache::Database::changed). Sockets and buffers are elsewhere (connection.h).
#pragma once

#include "cache/store/key.h"
#include "proxy/resp/args.h"

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::cache {
class Keyspace;
}

namespace sabil::proxy::resp {

class Dispatcher;     // dispatcher.h: for commands that run others (EXEC, scripts)
struct ClientState;   // client_state.h: name, transaction, subscriptions, tracking, user: for the connection families
class ServerState;    // server_state.h: registries of the whole server, for the server families
struct CommandTrace;  // command_trace.h: what the running command reported

// What a blocked client is answered when its time is up.
enum class TimeoutReply : std::uint8_t { null_array, null, zero };
void write_timeout(TimeoutReply kind, Reply& reply);

struct BlockRequest {
    std::vector<std::string> keys;  // any of them being changed runs the command again
    std::int64_t timeout_ms = 0;    // 0 waits for ever
    TimeoutReply on_timeout = TimeoutReply::null_array;
    // The arguments of the next run, where they differ from this one's (XREAD's `$` becomes an id).
    std::vector<std::string> retry_args = {};
    // XREADGROUP: a key that is gone or of another type ends the wait; others wait on until one of their type is there.
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
    // All databases, for commands that reach beyond the one they are given (MOVE, COPY ... DB).
    cache::Keyspace& keyspace() noexcept;
    // A key argument with its hash: for the first key the hash the dispatcher has already computed.
    cache::KeyRef key(std::string_view argument) const noexcept {
        if (argument.data() == first_key_.key.data() && argument.size() == first_key_.key.size()) return first_key_;
        return cache::KeyRef(argument);
    }

    // False inside EXEC and scripts, where nothing may block: block() then answers as if the time were up.
    bool may_block() const noexcept { return may_block_; }
    bool in_script() const noexcept { return in_script_; }
    // True where this run is a retry of a blocked command.
    bool is_retry() const noexcept { return is_retry_; }

    // The change is logged in this form instead of the command's own (EXPIRE as PEXPIREAT, SPOP as SREM); called more
    // than once, in all these forms. Copied. Nothing is logged where the store was told of no change.
    void log_instead(std::initializer_list<std::string_view> args);
    void log_instead(std::span<const std::string_view> args);
    // Nothing is logged though keys were changed.
    void log_nothing();
    // The store cannot see this change (function libraries): log it all the same.
    void note_change();

    // Ends the handler's run without a reply: the client waits, and the command runs again, with is_retry(), when one
    // of the keys was changed; it may call block() again, and then keeps its place and its deadline. Where nothing may
    // block, writes the time-out reply instead.
    void block(BlockRequest request, Reply& reply);

    // For the connection and server families.
    ClientState& client() noexcept { return client_; }
    ServerState& server() noexcept { return server_; }
    Dispatcher& dispatcher() noexcept { return *dispatcher_; }
    // What EXEC and scripts change around the commands they run; EXEC restores them after.
    void set_may_block(bool may_block) noexcept { may_block_ = may_block; }
    void set_in_script(bool in_script) noexcept { in_script_ = in_script; }
    void set_client_id(std::uint64_t id) noexcept { client_id_ = id; }
    void set_resp_version(int version) noexcept { resp_version_ = version; }
    void set_database_index(unsigned index) noexcept { database_index_ = index; }

  private:
    friend class Dispatcher;

    ServerState& server_;
    ClientState& client_;
    Dispatcher* dispatcher_ = nullptr;  // of the worker that runs the command
    CommandTrace* trace_ = nullptr;  // of the running command; never null inside a handler
    cache::KeyRef first_key_;
    std::uint64_t client_id_ = 0;
    unsigned database_index_ = 0;
    int resp_version_ = 2;
    bool may_block_ = true;
    bool in_script_ = false;
    bool is_retry_ = false;
};

}  // namespace sabil::proxy::resp
