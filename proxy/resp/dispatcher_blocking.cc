// Blocked clients: registered with the slices of their keys held, served in the order in which they came.
#include "proxy/resp/client_state.h"
#include "proxy/resp/cycle_clock.h"
#include "proxy/resp/dispatcher.h"
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
    {
        cache::LockSet locks(server_.keyspace, keys);
        if (!waiter->waiting) return true;
        cache::Database database(server_.keyspace, waiter->database);
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
