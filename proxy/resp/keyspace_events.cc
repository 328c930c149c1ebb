#include "proxy/resp/keyspace_events.h"

#include "proxy/resp/command_log.h"
#include "proxy/resp/command_trace.h"
#include "proxy/resp/event_setting.h"
#include "proxy/resp/server_state.h"

namespace sabil::proxy::resp {

void KeyspaceEvents::modified(unsigned database, cache::KeyRef key) {
    std::uint64_t origin = 0;
    if (auto* trace = CommandTrace::current(); trace != nullptr) {
        ++trace->changes;
        origin = trace->client_id;
        wake_waiters(*trace, database, key);
    }
    server_.watches.touch(database, key.key);
    server_.tracking.invalidate(key.key, origin);
}

void KeyspaceEvents::wake_waiters(CommandTrace& trace, unsigned database, const cache::KeyRef& key) {
    if (server_.waiters.empty()) return;
    if (!server_.waiters.has_waiters(server_.keyspace.slice_of(key.hash), database, key.key)) return;
    trace.ready_keys.push_back({database, std::string(key.key)});
}

void KeyspaceEvents::event(unsigned database, cache::EventClass event_class, std::string_view event,
                           cache::KeyRef key) {
    auto setting = server_.settings.notify_events.load(std::memory_order_relaxed);
    if ((setting & static_cast<std::uint32_t>(event_class)) == 0 || server_.pubsub.idle()) return;
    std::string number = std::to_string(database);
    if ((setting & event_setting::keyspace_channel) != 0) {
        server_.pubsub.publish(ChannelKind::plain, "__keyspace@" + number + "__:" + std::string(key.key), event);
    }
    if ((setting & event_setting::keyevent_channel) != 0) {
        server_.pubsub.publish(ChannelKind::plain, "__keyevent@" + number + "__:" + std::string(event), key.key);
    }
}

void KeyspaceEvents::removed(unsigned database, cache::KeyRef key, Removal why) {
    server_.tracking.invalidate(key.key, 0);
    if (why == Removal::dropped_fill) return;
    if (why == Removal::expired) {
        server_.watches.touch_expired(database, key.key);
    } else {
        server_.watches.touch(database, key.key);
    }
    if (auto* trace = CommandTrace::current(); trace != nullptr) wake_waiters(*trace, database, key);
    const std::string_view args[] = {"DEL", key.key};
    log(database, args);
}

void KeyspaceEvents::fields_expired(unsigned database, cache::KeyRef key, std::span<const std::string> fields) {
    if (server_.log() == nullptr) return;
    std::vector<std::string_view> args{"HDEL", key.key};
    args.insert(args.end(), fields.begin(), fields.end());
    log(database, args);
}

// What the store removes by itself in the midst of a transaction belongs to its unit.
void KeyspaceEvents::log(unsigned database, Args args) {
    auto* to = server_.log();
    if (to == nullptr) return;
    auto* trace = CommandTrace::current();
    if (trace == nullptr || trace->unit == nullptr) return to->append(database, args);
    trace->unit->push_back({database, {args.begin(), args.end()}});
}

void KeyspaceEvents::flushed(std::optional<unsigned> index) {
    if (auto* trace = CommandTrace::current(); trace != nullptr) {
        ++trace->changes;
        wake_all(*trace, [&](unsigned database) { return !index || database == *index; });
    }
    // Watchers were told by the command, which knew what keys there were.
    server_.tracking.invalidate_all();
}

void KeyspaceEvents::swapped(unsigned first, unsigned second) {
    auto* trace = CommandTrace::current();
    if (trace == nullptr) return;
    ++trace->changes;
    wake_all(*trace, [&](unsigned database) { return database == first || database == second; });
}

template <class Chosen>
void KeyspaceEvents::wake_all(CommandTrace& trace, Chosen chosen) {
    if (server_.waiters.empty()) return;
    for (auto& [database, key] : server_.waiters.keys()) {
        if (chosen(database)) trace.ready_keys.push_back({database, key});
    }
}

}  // namespace sabil::proxy::resp
