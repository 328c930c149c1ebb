// What the server knows about one client beyond its socket. Fields marked "any" are read by other threads (CLIENT LIST,
// CLIENT KILL); everything else belongs to the client's worker.
#pragma once

#include "cache/store/key.h"
#include "proxy/net/worker.h"
#include "proxy/resp/command_table.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

struct AclUser;
class AclStore;
class Connection;
class ServerState;
class WatchRegistry;
struct Waiter;

// A command kept for later: MULTI's queue, a blocked client.
struct StoredCommand {
    const Command* command = nullptr;
    std::vector<std::string> args;
    std::size_t bytes() const noexcept {
        std::size_t total = 0;
        for (const auto& arg : args) total += arg.size();
        return total;
    }
};

struct WatchedKey {
    unsigned database = 0;
    std::string key;
    auto operator<=>(const WatchedKey&) const = default;
};

struct Transaction {
    bool active = false;
    bool failed = false;  // a command could not be queued: EXEC answers EXECABORT
    bool writes = false;
    bool grows = false;  // a command of it is refused where memory has run out
    std::vector<StoredCommand> queue;
    std::set<WatchedKey> watched;
};

struct Subscriptions {
    std::set<std::string, std::less<>> channels;
    std::set<std::string, std::less<>> patterns;
    std::set<std::string, std::less<>> shard_channels;
    std::size_t count() const noexcept { return channels.size() + patterns.size(); }
};

struct TrackingState {
    enum class Caching : std::uint8_t { unset, yes, no };
    bool on = false;
    bool bcast = false;
    bool opt_in = false;
    bool opt_out = false;
    bool no_loop = false;
    bool broken_redirect = false;
    Caching caching = Caching::unset;  // CLIENT CACHING, for the next command
    std::uint64_t redirect = 0;        // client id; 0 is none
    std::vector<std::string> prefixes;
};

enum class ReplyMode : std::uint8_t { on, off, skip_next, skip_this };

// Thread-safety: as said above; created on the client's worker.
struct ClientState : std::enable_shared_from_this<ClientState> {
    static constexpr std::size_t name_overhead_bytes = 160;  // of its nodes in the client's set and the server's table

    ClientState(net::Worker& owner, std::uint64_t client_id) : id(client_id), worker_(&owner) {}

    // The one that serves the client; may change between its commands.
    net::Worker& worker() const noexcept { return *worker_.load(std::memory_order_acquire); }

    // Appends bytes to the client's output, in the order of the calls of one thread, and sends them. Any thread.
    void deliver(std::shared_ptr<const std::string> bytes);
    // As deliver; but to the client whose command runs on this thread it is sent together with that command's reply,
    // right after it: who keeps a cache has to drop what it wrote itself before it reads again.
    void deliver_with_reply(std::shared_ptr<const std::string> bytes);
    // Ends a blocked client's wait with this reply. Any thread.
    void unblock(std::shared_ptr<Waiter> waiter, std::string reply);
    // CLIENT UNBLOCK: ends the client's wait as if by its time-out, or with an error. Any thread.
    void unblock_by_command(bool with_error);
    // Closes the connection soon; its commands stop at once. Any thread.
    void kill();
    // A name is kept for this client until it is forgotten. The client's worker.
    void remembers(std::string_view text) noexcept {
        remembered_bytes.fetch_add(text.size() + name_overhead_bytes, std::memory_order_relaxed);
    }
    void forgets(std::string_view text) noexcept {
        remembered_bytes.fetch_sub(text.size() + name_overhead_bytes, std::memory_order_relaxed);
    }
    // Runs `what` with the connection on the client's worker, soon; never where the client is gone by then. Any thread.
    void on_worker(std::function<void(Connection&)> what);
    // The next worker's thread is told to go on by the caller. The present worker's thread.
    void hand_to(net::Worker& next) noexcept {
        connection = nullptr;
        moving.store(true, std::memory_order_relaxed);
        worker_.store(&next, std::memory_order_release);
    }

    // --- any: constant after creation
    const std::uint64_t id;
    std::string address;        // of the peer
    std::string local_address;
    int descriptor = -1;
    bool is_unix = false;
    std::chrono::steady_clock::time_point connected_at{};

    // --- any: relaxed
    std::atomic<bool> killed{false};
    std::atomic<bool> dirty_watch{false};   // a watched key was changed
    std::atomic<std::int64_t> active_at_ms{0};  // steady clock
    std::atomic<unsigned> database{0};
    std::atomic<int> resp_version{2};
    std::atomic<const Command*> last_command{nullptr};
    std::atomic<std::uint32_t> channels_count{0};
    std::atomic<std::uint32_t> patterns_count{0};
    std::atomic<std::uint32_t> shard_channels_count{0};
    std::atomic<std::uint32_t> watch_count{0};
    std::atomic<std::int32_t> queued_count{-1};  // -1 outside MULTI
    std::atomic<std::size_t> query_bytes{0};
    std::atomic<std::size_t> query_capacity_bytes{0};
    std::atomic<std::size_t> queued_bytes{0};
    std::atomic<std::size_t> remembered_bytes{0};  // names of watched keys, channels, patterns and tracked prefixes
    std::atomic<std::size_t> output_bytes{0};
    std::atomic<std::size_t> output_capacity_bytes{0};
    std::atomic<bool> blocked{false};
    std::atomic<bool> monitor{false};
    std::atomic<bool> closing{false};
    std::atomic<bool> moving{false};  // on its way to another worker
    std::atomic<bool> no_evict{false};
    std::atomic<bool> no_touch{false};
    std::atomic<bool> tracking_on{false};
    std::atomic<bool> tracking_bcast{false};
    std::atomic<bool> tracking_broken_redirect{false};
    std::atomic<std::uint64_t> tracking_redirect{0};
    std::atomic<bool> tracking_no_loop{false};

    // --- any: under the mutex
    std::mutex mutex;
    std::string name;
    std::string library_name;
    std::string library_version;
    std::string user_name = "default";

    // --- the worker's own
    Connection* connection = nullptr;  // null once it is closed
    std::shared_ptr<const AclUser> user;
    std::uint64_t acl_version = 0;  // of the store when `user` was taken
    bool unrestricted = false;
    bool authenticated = false;
    ReplyMode reply_mode = ReplyMode::on;
    Transaction transaction;
    Subscriptions subscriptions;
    TrackingState tracking;
    bool output_too_long = false;  // the reply to its command would be over its limit: closed without one
    bool close_after_reply = false;
    bool no_room = false;  // memory had run out when the present command was admitted: scripts may not take more

  private:
    std::atomic<net::Worker*> worker_;
};

// One line as CLIENT LIST shows it, without its line break. Any thread.
// Connected over a Unix socket or the loopback interface.
bool is_local(const ClientState& client) noexcept;
std::string describe_client(ClientState& client);
// Takes the client's user anew from the store. The worker's thread.
void refresh_user(ClientState& client, const AclStore& store);
// Ends MULTI and all watches. The worker's thread.
void discard_transaction(ClientState& client, WatchRegistry& watches);
void forget_watches(ClientState& client, WatchRegistry& watches);
// Takes the client out of every registry: it has disconnected. The worker's thread.
void end_client(ClientState& client, ServerState& server);
// Ends tracking, subscriptions and MONITOR. The worker's thread.
void end_tracking(ClientState& client, ServerState& server);
void end_subscriptions(ClientState& client, ServerState& server);

}  // namespace sabil::proxy::resp
