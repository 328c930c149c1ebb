#include "proxy/resp/waiters.h"

#include "cache/store/keyspace.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

std::vector<std::string> distinct(const std::vector<std::string>& keys) {
    auto out = keys;
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace

void WaiterRegistry::add(std::shared_ptr<Waiter> waiter, const cache::Keyspace& keyspace) {
    for (const auto& key : distinct(waiter->request.keys)) {
        auto& queues = slices_[keyspace.slice_of(cache::hash_key(key))];
        if (!queues) queues = std::make_unique<Queues>();
        (*queues)[Key{waiter->database, key}].push_back(waiter);
    }
    waiter->waiting = true;
    count_.fetch_add(1, std::memory_order_relaxed);
}

void WaiterRegistry::remove(const std::shared_ptr<Waiter>& waiter, const cache::Keyspace& keyspace) {
    if (!waiter->waiting) return;
    waiter->waiting = false;
    count_.fetch_sub(1, std::memory_order_relaxed);
    for (const auto& key : distinct(waiter->request.keys)) {
        auto& queues = slices_[keyspace.slice_of(cache::hash_key(key))];
        if (!queues) continue;
        auto found = queues->find(Key{waiter->database, key});
        if (found == queues->end()) continue;
        found->second.remove(waiter);
        if (found->second.empty()) queues->erase(found);
    }
}

bool WaiterRegistry::has_waiters(unsigned slice, unsigned database, std::string_view key) const {
    const auto& queues = slices_[slice];
    return queues && queues->count(Key{database, std::string(key)}) != 0;
}

std::vector<std::shared_ptr<Waiter>> WaiterRegistry::waiters(unsigned slice, unsigned database,
                                                             std::string_view key) const {
    const auto& queues = slices_[slice];
    if (!queues) return {};
    auto found = queues->find(Key{database, std::string(key)});
    if (found == queues->end()) return {};
    return {found->second.begin(), found->second.end()};
}

WaiterRegistry::KeyCounts WaiterRegistry::count_keys() const {
    KeyCounts out;
    for (const auto& queues : slices_) {
        if (!queues) continue;
        out.all += queues->size();
        for (const auto& [key, waiting] : *queues) {
            out.until_gone += std::any_of(waiting.begin(), waiting.end(),
                                          [](const auto& waiter) { return waiter->request.ends_on_error; })
                                  ? 1
                                  : 0;
        }
    }
    return out;
}

std::vector<std::pair<unsigned, std::string>> WaiterRegistry::keys() const {
    std::vector<std::pair<unsigned, std::string>> out;
    for (const auto& queues : slices_) {
        if (!queues) continue;
        for (const auto& [key, waiting] : *queues) out.emplace_back(key.database, key.key);
    }
    return out;
}

}  // namespace sabil::proxy::resp
