#include "proxy/mysql_front/refills.h"

#include <asio/post.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "cache/base/hash.h"
#include "proxy/mysql_front/front_parts.h"
#include "proxy/mysql_front/session.h"

namespace sabil::proxy::mysql_front {

Refills::Refills(FrontParts& parts, const std::vector<std::unique_ptr<FrontWorker>>& workers)
    : parts_(parts), workers_(workers) {}

void Refills::tell(const RefillRef& refill, std::string_view why) const {
    parts_.metrics.refresh(why).add();
    spdlog::debug("mysql: not refilled after a change ({}): {}", why, refill->text.substr(0, rule_text_bytes_max));
}

void Refills::watch(RefillRef refill, const invalidation::Dependencies& dependencies, invalidation::Floor floor) {
    const auto hash = hash_bytes(refill->key);
    {
        const std::lock_guard lock(mutex_);
        // One that was watched for an entry before (expired, evicted, purged) fires at the next change all the same.
        if (watched_.size() >= keys_count_max || !watched_.insert(hash).second) return;
    }
    const bool watched = parts_.coherence.watch(dependencies, floor, [this, refill, hash, gate = gate_] {
        const Gate::Entry entry(*gate);
        if (!entry) return;
        {
            const std::lock_guard lock(mutex_);
            watched_.erase(hash);
        }
        changed(refill);
    });
    if (watched) return;
    const std::lock_guard lock(mutex_);
    watched_.erase(hash);
}

void Refills::changed(const RefillRef& refill) {
    if (refill->rules_version != parts_.rules_version.load(std::memory_order_acquire)) return;
    const auto was_read = parts_.results.died_read(refill->key);
    if (!was_read) return;  // gone, or a reader was here first and fills it
    auto next = std::make_shared<Refill>(*refill);
    next->unread = *was_read ? 0 : refill->unread + 1;
    if (next->unread > unread_count_max) return tell(refill, "not_read");
    auto found = parts_.coherence.dependencies(refill->analysis->statement, refill->schema, refill->values);
    if (!found.dependencies) return tell(refill, found.reason);
    auto job = std::make_shared<RefillJob>(RefillJob{std::move(next), std::move(*found.dependencies), {}});
    parts_.coherence.async_covering_floor(
        job->dependencies, [this, job, gate = gate_](std::optional<invalidation::Floor> floor) {
            const Gate::Entry entry(*gate);
            if (!entry) return;
            if (!floor) return tell(job->refill, "no_floor");
            job->floor = *floor;
            look_on(job->refill->worker % workers_.size(), {job, workers_.size(), 0});
        });
}

void Refills::look_on(std::size_t worker, Search search) {
    asio::post(workers_[worker]->worker.context(), [this, worker, search = std::move(search), gate = gate_]() mutable {
        const Gate::Entry entry(*gate);
        if (!entry || workers_[worker]->stopped) return;
        std::size_t looked_at = 0;
        for (auto* session : workers_[worker]->sessions) {
            if (++looked_at > sessions_looked_at_max) break;
            if (session->may_refill(*search.job->refill)) return session->refill(std::move(search.job));
        }
        if (--search.workers_left > 0) return look_on((worker + 1) % workers_.size(), std::move(search));
        if (++search.round == rounds_count_max) return tell(search.job->refill, "no_session_at_rest");
        search.workers_left = workers_.size();
        look_again(worker, std::move(search));
    });
}

// On the worker's thread.
void Refills::look_again(std::size_t worker, Search search) {
    auto timer = std::make_shared<Timer>(workers_[worker]->worker.context().get_executor(),
                                         round_pause * (1U << (search.round - 1)));
    timer->async_wait([this, timer, worker, search = std::move(search), gate = gate_](std::error_code error) mutable {
        const Gate::Entry entry(*gate);
        if (entry && !error) look_on(worker, std::move(search));
    });
}

}  // namespace sabil::proxy::mysql_front
