#include "proxy/coherence/auditor.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace sabil::proxy {

namespace {

constexpr std::chrono::milliseconds proof_period{5};

// As one line of printable characters.
std::string shown(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (char c : bytes.substr(0, Auditor::shown_bytes_max)) {
        auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '\\') {
            out += c;
        } else {
            ((out += "\\x") += digits[byte >> 4]) += digits[byte & 15];
        }
    }
    if (bytes.size() > Auditor::shown_bytes_max) out += "... (" + std::to_string(bytes.size()) + " bytes)";
    return out;
}

std::string shown(const invalidation::Dependencies& dependencies) {
    std::string out;
    for (auto dependency : dependencies) {
        out += (out.empty() ? "" : " ") + std::to_string(dependency.slot) + "/" + std::to_string(dependency.signature);
        if (out.size() > Auditor::shown_bytes_max) return out + " ...";
    }
    return out;
}

}  // namespace

Auditor::Auditor(Coherence& coherence, AuditOptions options, observe::Registry& registry)
    : coherence_(coherence),
      options_(options),
      checked_(registry.counter("sabil_audit_checked_total",
                                "Hits that were asked of the database again and compared, with a certain outcome.")),
      stale_(registry.counter("sabil_audit_stale_total", "Audited hits that were older than they may be.")) {
    if (options_.one_in != 0) thread_ = std::thread([this] { run(); });
}

Auditor::~Auditor() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

bool Auditor::within_limit() noexcept {
    auto mode = coherence_.mode();
    if (mode != CoherenceMode::coherent && mode != CoherenceMode::best_effort) return false;
    auto now = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch());
    if (second_.exchange(now.count(), std::memory_order_relaxed) != now.count()) in_second_ = 0;
    return in_second_.fetch_add(1, std::memory_order_relaxed) < options_.per_second_max;
}

void Auditor::differs(AuditDifference difference) {
    {
        std::lock_guard lock(mutex_);
        if (waiting_.size() >= waiting_count_max) return;
        waiting_.push_back(std::move(difference));
    }
    changed_.notify_all();
}

void Auditor::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (waiting_.empty()) {
            changed_.wait(lock);
            continue;
        }
        auto& oldest = waiting_.front();
        bool proven = coherence_.fresh_since(oldest.answered);
        bool given_up = std::chrono::steady_clock::now() - oldest.answered > proof_limit;
        if (!proven && !given_up) {
            changed_.wait_for(lock, proof_period);
            continue;
        }
        auto difference = std::move(oldest);
        waiting_.pop_front();
        lock.unlock();
        if (proven) judge(difference);
        lock.lock();
    }
}

// Everything that the database's answer can contain is within A by now.
void Auditor::judge(const AuditDifference& difference) {
    if (!coherence_.storable(difference.dependencies, difference.floor)) return;  // it has changed since: no telling
    checked_.add();
    stale_.add();
    auto status = coherence_.status();
    spdlog::error(
        "audit: a stale hit on the {} port: {}; kept: {}; the database: {}; floor {} in epoch {}, A at the hit {}, now A "
        "{} W {} in epoch {} ({}), position {}, dependencies (slot/signature): {}",
        difference.face, shown(difference.question), shown(difference.kept), shown(difference.answer),
        difference.floor.n, difference.floor.epoch, difference.applied, status.applied, status.watermark, status.epoch,
        status.epoch_reason, status.position, shown(difference.dependencies));
}

}  // namespace sabil::proxy
