// MULTI, EXEC, DISCARD, WATCH, UNWATCH.
#include "cache/store/database.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/dispatcher.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

// MULTI
void multi(cache::Database&, Args, Reply& reply, Session& session) {
    auto& client = session.client();
    if (client.transaction.active) return reply.error("ERR MULTI calls can not be nested");
    client.transaction.active = true;
    client.queued_count = 0;
    reply.ok();
}

// DISCARD
void discard(cache::Database&, Args, Reply& reply, Session& session) {
    auto& client = session.client();
    if (!client.transaction.active) return reply.error("ERR DISCARD without MULTI");
    discard_transaction(client, session.server().watches);
    reply.ok();
}

bool is_expired(Session& session, unsigned database_index, const cache::KeyRef& key) {
    cache::Database database(session.keyspace(), database_index);
    const auto* entry = database.peek(key);
    if (entry == nullptr || !entry->has_expiry()) return false;
    return *entry->expiry() <= database.now();
}

// WATCH key [key ...]
void watch(cache::Database&, Args args, Reply& reply, Session& session) {
    auto& client = session.client();
    if (client.transaction.active) return reply.error("ERR WATCH inside MULTI is not allowed");
    if (client.dirty_watch) return reply.ok();
    auto& transaction = client.transaction;
    unsigned database = session.database_index();
    for (auto key : args.subspan(1)) {
        if (!transaction.watched.insert({database, std::string(key)}).second) continue;
        client.remembers(key);
        bool expired = is_expired(session, database, session.key(key));
        session.server().watches.add(database, key, client.shared_from_this(), expired);
    }
    client.watch_count = static_cast<std::uint32_t>(transaction.watched.size());
    reply.ok();
}

// UNWATCH
void unwatch(cache::Database&, Args, Reply& reply, Session& session) {
    forget_watches(session.client(), session.server().watches);
    reply.ok();
}

// With the slices of the watched keys held.
bool watched_keys_changed(Session& session) {
    auto& client = session.client();
    if (client.dirty_watch) return true;
    auto& watches = session.server().watches;
    return std::any_of(client.transaction.watched.begin(), client.transaction.watched.end(),
                       [&](const WatchedKey& watched) {
                           return is_expired(session, watched.database, cache::KeyRef(watched.key)) &&
                                  !watches.watched_as_expired(watched.database, watched.key, client);
                       });
}

// EXEC
void exec(cache::Database& database, Args, Reply& reply, Session& session) {
    auto& client = session.client();
    auto& watches = session.server().watches;
    if (!client.transaction.active) return reply.error("ERR EXEC without MULTI");
    if (client.transaction.failed) {
        discard_transaction(client, watches);
        return reply.error("EXECABORT Transaction discarded because of previous errors.");
    }
    auto queue = std::move(client.transaction.queue);
    std::vector<std::vector<std::string_view>> args(queue.size());
    std::vector<Dispatcher::CommandView> views;
    for (std::size_t i = 0; i < queue.size(); ++i) {
        args[i].assign(queue[i].args.begin(), queue[i].args.end());
        views.push_back({queue[i].command, args[i]});
    }
    std::vector<cache::KeyRef> watched;
    for (const auto& key : client.transaction.watched) watched.emplace_back(key.key);
    auto& dispatcher = session.dispatcher();
    // Where the queue reads keys that lookups fill, the dispatcher holds every slice already.
    bool holds_all = database.holds_all();
    auto locks = holds_all ? cache::LockSet{} : dispatcher.lock_for(views, watched);
    holds_all = holds_all || locks.holds_all();
    bool changed = watched_keys_changed(session);
    discard_transaction(client, watches);
    if (changed) return reply.null_array();
    bool could_block = session.may_block();
    session.set_may_block(false);
    reply.array(queue.size());
    for (const auto& [command, arguments] : views) {
        if (!dispatcher.permitted(session, *command, arguments, reply, "multi")) continue;
        dispatcher.call_inside(session, *command, arguments, reply, holds_all);
    }
    session.set_may_block(could_block);
    dispatcher.flush_unit_log();
}

constexpr auto group = Group::transactions;
constexpr auto usual = flag::noscript | flag::loading | flag::stale;
constexpr CommandSpec table[] = {
    rows::plain(group, "multi", 1, usual | flag::fast | flag::allow_busy, "1.2.0", "Begins a transaction.", multi),
    rows::plain(group, "exec", 1, usual | flag::skip_slowlog | flag::own_slices, "1.2.0",
                "Runs the commands of the transaction, undivided.", exec),
    rows::plain(group, "discard", 1, usual | flag::fast | flag::allow_busy, "2.0.0", "Drops the transaction.",
                discard),
    {.name = "watch",
     .arguments = "key...",
     .arity = -2,
     .access = Access::none(),
     .flags = usual | flag::fast | flag::allow_busy,
     .keys = {keys::range(1, -1, 1, key_flag::ro)},
     .group = group,
     .since = "2.2.0",
     .summary = "Makes the next transaction depend on keys staying as they are.",
     .complexity = "O(1) for each key",
     .handler = watch},
    rows::plain(group, "unwatch", 1, usual | flag::fast | flag::allow_busy, "2.2.0", "Forgets all watched keys.",
                unwatch),
};

}  // namespace

CommandFamily transaction_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
