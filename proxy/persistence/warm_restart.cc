#include "proxy/persistence/warm_restart.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <thread>

#include "proxy/coherence/coherence.h"

namespace sabil::proxy::persistence {

using namespace std::chrono_literals;

void WarmRestart::configure(const Coherence& coherence, std::string settings) {
    coherence_ = &coherence;
    settings_ = std::move(settings);
}

std::string WarmRestart::save_point() {
    const auto purges = purges_.read();
    if (saved_.empty()) return {};
    purges_.found_saved();
    if (coherence_ == nullptr) {
        saved_.clear();
        return {};
    }
    if (!purges) {
        spdlog::warn("{}", purges.error().message);
        return saved_.save_point(settings_, UINT64_MAX);
    }
    return saved_.save_point(settings_, *purges);
}

void WarmRestart::restore(cache::Keyspace& keyspace, std::vector<FillKeeper*> keepers) {
    if (coherence_ == nullptr) return;
    const auto began = std::chrono::steady_clock::now();
    auto outcome = saved_.restore(keyspace, *coherence_, keepers);
    if (outcome.restored > 0) wait_for_replay(began);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    if (outcome.restored > 0) {
        spdlog::info("{} entries filled from MySQL are back in {:.3f} s", outcome.restored, took.count());
    }
    if (outcome.dropped > 0) {
        spdlog::warn("{} saved entries filled from MySQL are dropped: {}", outcome.dropped, outcome.reason);
    }
    std::lock_guard lock(mutex_);
    keepers_ = std::move(keepers);
    outcome_ = std::move(outcome);
}

// Until then they are there and not shown: whoever asks would have the database asked.
void WarmRestart::wait_for_replay(SteadyTime restored) {
    constexpr auto period = 2ms;
    const auto until = restored + replay_limit;
    while (!coherence_->fresh_since(restored) && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(period);
    }
}

std::shared_ptr<const FilledSnapshot> WarmRestart::snapshot() {
    std::vector<FillKeeper*> keepers;
    {
        std::lock_guard lock(mutex_);
        keepers = keepers_;
    }
    if (coherence_ == nullptr || keepers.empty()) return nullptr;
    const auto purges = purges_.for_saving();
    if (!purges) {
        spdlog::warn("entries filled from MySQL are not saved: {}", purges.error().message);
        return nullptr;
    }
    auto point = coherence_->save_point();
    if (point.bytes.empty()) return nullptr;
    return std::make_shared<const FilledSnapshot>(*coherence_, std::move(point), keepers, settings_, *purges);
}

FilledRestore::Outcome WarmRestart::figures() const {
    std::lock_guard lock(mutex_);
    return outcome_;
}

}  // namespace sabil::proxy::persistence
