#include "proxy/resp/tracking_table.h"

#include "proxy/resp/client_registry.h"
#include "proxy/resp/command_trace.h"
#include "proxy/resp/reply.h"

#include <utility>

namespace sabil::proxy::resp {
namespace {

constexpr std::string_view invalidation_channel = "__redis__:invalidate";

void write_keys(Reply& reply, const std::vector<std::string_view>* keys) {
    if (keys == nullptr) return reply.null_array();
    reply.array(keys->size());
    for (auto key : *keys) reply.bulk(key);
}

}  // namespace

void TrackingTable::remember(std::string_view key, std::uint64_t client) {
    {
        auto& part = shards_[TextHash{}(key) % shards_count];
        std::lock_guard lock(part.mutex);
        auto [at, added] = part.readers.try_emplace(std::string(key));
        at->second.insert(client);
        if (added) keys_count_.fetch_add(1, std::memory_order_relaxed);
    }
    auto limit = max_keys_count_.load(std::memory_order_relaxed);
    if (limit != 0 && keys_count() > limit) make_room();
}

void TrackingTable::make_room() {
    for (auto& part : shards_) {
        std::string victim;
        {
            std::lock_guard lock(part.mutex);
            if (part.readers.empty()) continue;
            victim = part.readers.begin()->first;
        }
        invalidate_readers(victim, 0);
        return;
    }
}

void TrackingTable::subscribe_prefix(std::string_view prefix, std::uint64_t client) {
    std::lock_guard lock(prefixes_mutex_);
    prefixes_[std::string(prefix)].listeners.insert(client);
    prefixes_count_.store(prefixes_.size(), std::memory_order_relaxed);
}

void TrackingTable::unsubscribe_prefixes(std::uint64_t client) {
    std::lock_guard lock(prefixes_mutex_);
    for (auto at = prefixes_.begin(); at != prefixes_.end();) {
        at->second.listeners.erase(client);
        if (at->second.listeners.empty()) {
            broadcasts_count_.fetch_sub(at->second.changed.size(), std::memory_order_relaxed);
            at = prefixes_.erase(at);
        } else {
            ++at;
        }
    }
    prefixes_count_.store(prefixes_.size(), std::memory_order_relaxed);
}

void TrackingTable::invalidate_readers(std::string_view key, std::uint64_t origin) {
    std::vector<std::string_view> keys{key};
    std::set<std::uint64_t> readers;
    {
        auto& part = shards_[TextHash{}(key) % shards_count];
        std::lock_guard lock(part.mutex);
        auto found = part.readers.find(key);
        if (found != part.readers.end()) {
            readers = std::move(found->second);
            part.readers.erase(found);
            keys_count_.fetch_sub(1, std::memory_order_relaxed);
        }
    }
    for (auto client : readers) send(client, &keys, origin, false);
    if (prefixes_count_.load(std::memory_order_relaxed) == 0) return;
    {
        std::lock_guard lock(prefixes_mutex_);
        for (auto& [prefix, heard] : prefixes_) {
            if (key.substr(0, prefix.size()) != prefix) continue;
            if (heard.changed.insert_or_assign(std::string(key), origin).second) {
                broadcasts_count_.fetch_add(1, std::memory_order_relaxed);
            }
        }
    }
    // What no command does (expiry, changes of the database) is told at once.
    if (CommandTrace::current() == nullptr) send_broadcasts();
}

void TrackingTable::send_broadcasts() {
    struct Message {
        std::set<std::uint64_t> listeners;
        std::map<std::string, std::uint64_t, std::less<>> changed;
    };
    std::vector<Message> messages;
    {
        std::lock_guard lock(prefixes_mutex_);
        for (auto& [prefix, heard] : prefixes_) {
            if (heard.changed.empty()) continue;
            broadcasts_count_.fetch_sub(heard.changed.size(), std::memory_order_relaxed);
            messages.push_back({heard.listeners, std::exchange(heard.changed, {})});
        }
    }
    for (const auto& message : messages) {
        for (auto client : message.listeners) {
            auto listener = clients_.find(client);
            const bool no_loop = listener && listener->tracking_no_loop.load(std::memory_order_relaxed);
            std::vector<std::string_view> keys;
            for (const auto& [key, origin] : message.changed) {
                if (!no_loop || origin != client) keys.push_back(key);
            }
            if (!keys.empty()) send(client, &keys, 0, true);
        }
    }
}

void TrackingTable::invalidate_all() {
    if (clients_count() == 0) return;
    for (auto& part : shards_) {
        std::lock_guard lock(part.mutex);
        keys_count_.fetch_sub(part.readers.size(), std::memory_order_relaxed);
        part.readers.clear();
    }
    for (const auto& client : clients_.all()) {
        if (client->tracking_on.load(std::memory_order_relaxed)) {
            send(client->id, nullptr, 0, client->tracking_bcast.load(std::memory_order_relaxed));
        }
    }
}

void TrackingTable::send(std::uint64_t client, const std::vector<std::string_view>* keys, std::uint64_t origin,
                         bool bcast) {
    auto tracker = clients_.find(client);
    if (!tracker || !tracker->tracking_on.load(std::memory_order_relaxed)) return;
    if (tracker->tracking_bcast.load(std::memory_order_relaxed) != bcast) return;
    if (client == origin && tracker->tracking_no_loop.load(std::memory_order_relaxed)) return;
    auto receiver = tracker;
    auto redirect = tracker->tracking_redirect.load(std::memory_order_relaxed);
    if (redirect != 0) {
        receiver = clients_.find(redirect);
        if (!receiver) {
            tracker->tracking_broken_redirect.store(true, std::memory_order_relaxed);
            if (tracker->resp_version.load(std::memory_order_relaxed) != 3) return;
            OutputBuffer lost;
            Reply reply(lost, 3);
            reply.push(2);
            reply.bulk("tracking-redir-broken");
            reply.integer(static_cast<std::int64_t>(redirect));
            return tracker->deliver_with_reply(std::make_shared<const std::string>(lost.view()));
        }
    }
    OutputBuffer out;
    int version = receiver->resp_version.load(std::memory_order_relaxed);
    Reply reply(out, version);
    if (version == 3) {
        reply.push(2);
        reply.bulk("invalidate");
    } else {
        if (redirect == 0 || receiver->channels_count.load(std::memory_order_relaxed) == 0) return;
        reply.array(3);
        reply.bulk("message");
        reply.bulk(invalidation_channel);
    }
    write_keys(reply, keys);
    receiver->deliver_with_reply(std::make_shared<const std::string>(out.view()));
}

std::size_t TrackingTable::items_count() const {
    std::size_t count = 0;
    for (const auto& part : shards_) {
        std::lock_guard lock(part.mutex);
        for (const auto& [key, readers] : part.readers) count += readers.size();
    }
    return count;
}

std::size_t TrackingTable::prefixes_count() const {
    std::lock_guard lock(prefixes_mutex_);
    return prefixes_.size();
}

}  // namespace sabil::proxy::resp
