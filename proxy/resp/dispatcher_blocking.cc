// Blocked clients: registered with the slices of their keys held, served in the order in which they came.
#include "proxy/resp/client_state.h"
#include "proxy/resp/cycle_clock.h"
#include "proxy/resp/dispatcher.h"
#include "proxy/resp/held_delivery.h"
#include "proxy/resp/key_extraction.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

// Keys of any other type leave the command waiting.
cache::ValueType awaited_type(const Command& command) noexcept {
    switch (command.spec->group) {
        case Group::list: return cache::ValueType::list;
        case Group::sorted_set: return cache::ValueType::zset;
        default: return cache::ValueType::stream;
    }
}

}  // namespace

void Dispatcher::register_waiter(Session& session, const Request& request) {
    auto waiter = std::make_shared<Waiter>();
    waiter->client = session.client_.shared_from_this();
    waiter->command.command = request.command;
    waiter->request = std::move(*trace_.block);
    trace_.block.reset();
    if (waiter->request.retry_args.empty()) {
        waiter->command.args.assign(request.args.begin(), request.args.end());
    } else {
        waiter->command.args = std::move(waiter->request.retry_args);
    }
    waiter->database = session.database_index_;
    waiter->resp_version = session.resp_version_;
    server_.waiters.add(waiter, server_.keyspace);
    waiter_ = std::move(waiter);
}

bool Dispatcher::give_up(const std::shared_ptr<Waiter>& waiter) {
    std::vector<cache::KeyRef> keys;
    for (const auto& key : waiter->request.keys) keys.emplace_back(key);
    cache::LockSet locks(server_.keyspace, keys);
    if (!waiter->waiting) return false;
    server_.waiters.remove(waiter, server_.keyspace);
    return true;
}

void Dispatcher::count_given_up(const Waiter& waiter, bool failed) {
    auto& counts = stats_.commands[waiter.command.command->id];
    counts.record(0);
    stats_.commands_processed.add();
    if (!failed) return;
    counts.failed.add();
    stats_.count_error("UNBLOCKED");
}

// Serving one client may make further keys ready (BLMOVE): goes on until nothing is.
void Dispatcher::serve_ready_keys() {
    if (serving_) return;
    serving_ = true;
    // The command may have taken its time (EXEC, scripts): what has expired meanwhile is not served.
    cache::Keyspace::set_thread_now(server_.keyspace.clock().wall());
    while (!trace_.ready_keys.empty()) {
        auto ready_keys = std::move(trace_.ready_keys);
        trace_.ready_keys.clear();
        std::vector<const ReadyKey*> done;
        for (const auto& ready : ready_keys) {
            bool repeated = std::any_of(done.begin(), done.end(), [&](const ReadyKey* other) {
                return other->database == ready.database && other->key == ready.key;
            });
            if (repeated) continue;
            done.push_back(&ready);
            std::vector<std::shared_ptr<Waiter>> queue;
            {
                cache::KeyRef key(ready.key);
                cache::LockSet locks(server_.keyspace, key);
                queue = server_.waiters.waiters(server_.keyspace.slice_of(key.hash), ready.database, ready.key);
            }
            bool gone = false;
            for (const auto& waiter : queue) {
                if (gone && !waiter->request.ends_on_error) continue;
                gone = !serve_waiter(waiter, ready);
            }
        }
    }
    serving_ = false;
}

bool Dispatcher::awaits_log(const Session& session, const Request& request) {
    auto* log = server_.log();
    const auto local = to_integer(request.args[1]);
    const auto timeout_ms = to_integer(request.args[3]);
    log_reached_ = false;
    if (log == nullptr || local != 1 || !timeout_ms || *timeout_ms < 0) return false;
    constexpr std::size_t waits_kept = 64;
    if (log_waits_.size() > waits_kept) {
        std::erase_if(log_waits_, [&](const auto& wait) { return server_.clients.find(wait.first) == nullptr; });
    }
    const auto now = std::chrono::steady_clock::now();
    constexpr std::int64_t longest_ms = 10LL * 365 * 24 * 3600 * 1000;
    const auto time = std::chrono::milliseconds(*timeout_ms == 0 ? longest_ms : std::min(*timeout_ms, longest_ms));
    const auto at = log_waits_.try_emplace(session.client_id_, LogWait{log->appended(), now + time}).first;
    log_reached_ = log->durable() >= at->second.position;
    if (!log_reached_ && now < at->second.until) return true;
    log_waits_.erase(at);
    return false;
}

// Rights may be lost while one waits. True with the error in waiter_output_.
bool Dispatcher::refuse_waiter(const Waiter& waiter, Args args) {
    std::string name;
    {
        std::lock_guard lock(waiter.client->mutex);
        name = waiter.client->user_name;
    }
    const auto user = server_.acl.find(name);
    const Command& command = *waiter.command.command;
    std::size_t at = 0;
    if (!user || user->unrestricted() || user->check(command, args, at) == AclDenial::none) return false;
    Reply reply(waiter_output_, waiter.resp_version);
    reply.error("NOPERM No permissions to access a key");
    count_error(reply);
    stats_.commands[command.id].rejected.add();
    return true;
}

// Runs the waiter's command again, unless the key is of a type it does not wait for. False where the key is gone again,
// so that only those can be served whom that concerns.
bool Dispatcher::serve_waiter(const std::shared_ptr<Waiter>& waiter, const ReadyKey& ready) {
    std::vector<std::string_view> args(waiter->command.args.begin(), waiter->command.args.end());
    std::vector<cache::KeyRef> keys;
    for (const auto& key : waiter->request.keys) keys.emplace_back(key);
    found_.clear();
    find_keys(*waiter->command.command->spec, args, found_);
    for (const auto& key : found_) keys.emplace_back(args[key.argument]);
    waiter_output_.clear();
    const HeldDelivery told_after(*waiter->client);
    {
        cache::LockSet locks(server_.keyspace, keys);
        if (!waiter->waiting) return true;
        cache::Database database(server_.keyspace, waiter->database);
        if (refuse_waiter(*waiter, args)) {
            server_.waiters.remove(waiter, server_.keyspace);
            waiter->client->unblock(waiter, std::string(waiter_output_.view()));
            return true;
        }
        const cache::KeyRef ready_key(ready.key);
        if (!waiter->request.ends_on_error) {
            bool gone = database.presence(ready_key) != cache::Presence::present;
            if (gone) return false;
            if (database.peek(ready_key)->type() != awaited_type(*waiter->command.command)) return true;
        }
        Session session(server_, *waiter->client);
        session.dispatcher_ = this;
        session.client_id_ = waiter->client->id;
        session.database_index_ = waiter->database;
        session.resp_version_ = waiter->resp_version;
        session.is_retry_ = true;
        session.trace_ = &trace_;
        trace_.begin(waiter->client->id);
        CommandTrace::current() = &trace_;
        Reply reply(waiter_output_, waiter->resp_version);
        std::uint64_t began = CycleClock::now();
        waiter->command.command->spec->handler(database, args, reply, session);
        std::uint64_t cycles = CycleClock::now() - began;
        CommandTrace::current() = nullptr;
        bool still_waits = trace_.block.has_value();
        trace_.block.reset();
        if (still_waits) return true;
        if (trace_.changes != 0) log_write(waiter->database, args);
        server_.waiters.remove(waiter, server_.keyspace);
        finish(session, *waiter->command.command, args, reply, cycles, 0, waiter->database);
    }
    waiter->client->unblock(waiter, std::string(waiter_output_.view()));
    return true;
}

}  // namespace sabil::proxy::resp
