#include "proxy/resp/client_state.h"

#include "proxy/resp/acl_store.h"
#include "proxy/resp/client_memory.h"
#include "proxy/resp/connection.h"
#include "proxy/resp/direct_delivery.h"
#include "proxy/resp/held_delivery.h"
#include "proxy/resp/waiters.h"
#include "proxy/resp/watch_registry.h"

#include <asio/post.hpp>

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

std::string flags_text(const ClientState& client) {
    std::string out;
    auto subscribed = client.channels_count + client.patterns_count + client.shard_channels_count;
    if (client.monitor) out += 'O';
    if (subscribed != 0) out += 'P';
    if (client.queued_count >= 0) out += 'x';
    if (client.blocked) out += 'b';
    if (client.tracking_on) out += 't';
    if (client.tracking_broken_redirect) out += 'R';
    if (client.tracking_bcast) out += 'B';
    if (client.dirty_watch) out += 'd';
    if (client.closing) out += 'c';
    if (client.is_unix) out += 'U';
    if (client.no_evict) out += 'e';
    if (client.no_touch) out += 'T';
    return out.empty() ? "N" : out;
}

thread_local const ClientState* direct_receiver = nullptr;
thread_local HeldDelivery* held_delivery = nullptr;

}  // namespace

DirectDelivery::DirectDelivery(const ClientState& client) noexcept { direct_receiver = &client; }
DirectDelivery::~DirectDelivery() { direct_receiver = nullptr; }

HeldDelivery::HeldDelivery(ClientState& client) noexcept : client_(client) { held_delivery = this; }
HeldDelivery::~HeldDelivery() {
    held_delivery = nullptr;
    for (auto& bytes : kept_) client_.deliver(std::move(bytes));
}

void ClientState::on_worker(std::function<void(Connection&)> what) {
    auto& target = worker();
    asio::post(target.context(), [self = shared_from_this(), &target, what = std::move(what)]() mutable {
        // Posted before the client moved, or before it arrived.
        if (&self->worker() != &target || self->moving.load(std::memory_order_relaxed)) {
            return self->on_worker(std::move(what));
        }
        if (self->connection != nullptr) what(*self->connection);
    });
}

void ClientState::deliver(std::shared_ptr<const std::string> bytes) {
    if (direct_receiver == this && connection != nullptr) return connection->push(*bytes);
    on_worker([bytes = std::move(bytes)](Connection& to) { to.push(*bytes); });
}

void ClientState::deliver_with_reply(std::shared_ptr<const std::string> bytes) {
    if (held_delivery != nullptr && &held_delivery->client_ == this) {
        return held_delivery->kept_.push_back(std::move(bytes));
    }
    auto* served = direct_receiver == this ? nullptr : Connection::served();
    if (served != nullptr && &served->client() == this) {
        served->push_after_reply(*bytes);
    } else {
        deliver(std::move(bytes));
    }
}

void ClientState::unblock(std::shared_ptr<Waiter> waiter, std::string reply) {
    on_worker([waiter = std::move(waiter), reply = std::move(reply)](Connection& to) {
        to.unblocked(waiter, reply);
    });
}

void ClientState::unblock_by_command(bool with_error) {
    on_worker([with_error](Connection& to) { to.unblock_by_command(with_error); });
}

void ClientState::kill() {
    killed.store(true, std::memory_order_relaxed);
    on_worker([](Connection& to) {
        to.close_soon();
        to.close();
    });
}

bool is_local(const ClientState& client) noexcept {
    return client.is_unix || client.address.rfind("127.", 0) == 0 || client.address.rfind("[::1]", 0) == 0;
}

std::string describe_client(ClientState& client) {
    auto now = std::chrono::steady_clock::now();
    auto age = std::chrono::duration_cast<std::chrono::seconds>(now - client.connected_at).count();
    auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
    auto idle = (now_ms - client.active_at_ms.load(std::memory_order_relaxed)) / 1000;
    std::string out;
    auto field = [&out](std::string_view name, std::string_view value) {
        if (!out.empty()) out += ' ';
        out.append(name) += '=';
        out += value;
    };
    auto number = [&field](std::string_view name, auto value) { field(name, std::to_string(value)); };
    std::lock_guard lock(client.mutex);
    const Command* last = client.last_command;
    std::size_t query_free = client.query_capacity_bytes - std::min(client.query_capacity_bytes.load(),
                                                                    client.query_bytes.load());
    number("id", client.id);
    field("addr", client.address);
    field("laddr", client.local_address);
    number("fd", client.descriptor);
    field("name", client.name);
    number("age", age);
    number("idle", idle);
    field("flags", flags_text(client));
    number("db", client.database.load());
    number("sub", client.channels_count.load());
    number("psub", client.patterns_count.load());
    number("ssub", client.shard_channels_count.load());
    number("multi", client.queued_count.load());
    number("watch", client.watch_count.load());
    number("qbuf", client.query_bytes.load());
    number("qbuf-free", query_free);
    number("argv-mem", std::size_t{0});
    number("multi-mem", client.queued_bytes.load());
    // Up to a buffer's size, output is no memory of its own.
    constexpr std::size_t buffer_bytes = 16 << 10;
    number("rbs", std::min(client.output_capacity_bytes.load(), buffer_bytes));
    number("rbp", client.output_bytes.load());
    number("obl", client.output_bytes.load());
    bool is_long = client.output_bytes > buffer_bytes;
    number("oll", is_long ? client.output_bytes / buffer_bytes : 0);
    number("omem", is_long ? client.output_bytes.load() : 0);
    number("tot-mem", client_bytes(client));
    field("events", client.output_bytes == 0 ? "r" : "rw");
    field("cmd", last == nullptr ? std::string_view("NULL") : std::string_view(last->name));
    field("user", client.user_name);
    if (client.tracking_on) {
        number("redir", client.tracking_redirect.load());
    } else {
        field("redir", "-1");
    }
    number("resp", client.resp_version.load());
    field("lib-name", client.library_name);
    field("lib-ver", client.library_version);
    return out;
}

void refresh_user(ClientState& client, const AclStore& store) {
    client.acl_version = store.version();
    std::string name;
    {
        std::lock_guard lock(client.mutex);
        name = client.user_name;
    }
    auto user = store.find(name);
    if (!user) return;
    client.user = std::move(user);
    client.unrestricted = client.user->unrestricted();
}

void forget_watches(ClientState& client, WatchRegistry& watches) {
    for (const auto& watched : client.transaction.watched) {
        watches.remove(watched.database, watched.key, client);
        client.forgets(watched.key);
    }
    client.transaction.watched.clear();
    client.watch_count.store(0, std::memory_order_relaxed);
    client.dirty_watch.store(false, std::memory_order_relaxed);
}

void discard_transaction(ClientState& client, WatchRegistry& watches) {
    client.transaction.active = client.transaction.failed = false;
    client.transaction.writes = client.transaction.grows = false;
    client.transaction.queue.clear();
    client.queued_count.store(-1, std::memory_order_relaxed);
    client.queued_bytes.store(0, std::memory_order_relaxed);
    forget_watches(client, watches);
}

}  // namespace sabil::proxy::resp
