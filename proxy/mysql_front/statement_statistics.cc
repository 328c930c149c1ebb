#include "proxy/mysql_front/statement_statistics.h"

#include "invalidation/sql/statement.h"

namespace sabil::proxy::mysql_front {
namespace {

// One writer per cell, its worker: plain adds.
void add(std::atomic<std::uint64_t>& value, std::uint64_t n) noexcept {
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace

struct StatementStatistics::Cells {
    std::atomic<std::uint64_t> hits{0}, misses{0}, bypassed{0}, stale{0}, bytes{0}, saved_us{0};
    std::atomic<const char*> reason{nullptr};  // NUL-terminated, never freed
};

struct StatementStatistics::Names {
    mutable std::mutex mutex;
    std::unordered_map<std::string, StatementId> ids;      // by text
    std::unordered_map<std::string, StatementId> digests;
    std::vector<std::string> texts{"(others)"};
};

StatementStatistics::StatementStatistics(std::size_t workers_count)
    : workers_count_(workers_count),
      cells_(std::make_unique<Cells[]>(workers_count * statements_count_max)),
      generations_(std::make_unique<std::atomic<std::uint32_t>[]>(statements_count_max)),
      names_(std::make_unique<Names>()) {}

StatementStatistics::~StatementStatistics() = default;

StatementStatistics::Cells& StatementStatistics::cell(std::size_t worker, StatementId id) const noexcept {
    return cells_[worker * statements_count_max + id];
}

StatementId StatementStatistics::intern(std::string_view normalized) {
    const std::lock_guard lock(names_->mutex);
    std::string text(normalized);
    if (auto known = names_->ids.find(text); known != names_->ids.end()) return known->second;
    if (names_->texts.size() >= statements_count_max) return 0;
    const auto id = static_cast<StatementId>(names_->texts.size());
    names_->digests.emplace(invalidation::sql::digest(text), id);
    names_->texts.push_back(text);
    names_->ids.emplace(std::move(text), id);
    return id;
}

std::vector<std::string> StatementStatistics::texts() const {
    const std::lock_guard lock(names_->mutex);
    return names_->texts;
}

StatementId StatementStatistics::find_digest(std::string_view digest) const {
    const std::lock_guard lock(names_->mutex);
    const auto known = names_->digests.find(std::string(digest));
    return known == names_->digests.end() ? 0 : known->second;
}

void StatementStatistics::count_hit(std::size_t worker, StatementId id, std::uint32_t saved_us) noexcept {
    auto& c = cell(worker, id);
    add(c.hits, 1);
    add(c.saved_us, saved_us);
}

void StatementStatistics::count_miss(std::size_t worker, StatementId id) noexcept { add(cell(worker, id).misses, 1); }

void StatementStatistics::count_bypass(std::size_t worker, StatementId id, std::string_view reason) noexcept {
    auto& c = cell(worker, id);
    add(c.bypassed, 1);
    c.reason.store(reason.data(), std::memory_order_relaxed);
}

void StatementStatistics::count_stale(std::size_t worker, StatementId id) noexcept { add(cell(worker, id).stale, 1); }

void StatementStatistics::count_fill(std::size_t worker, StatementId id, std::size_t bytes) noexcept {
    add(cell(worker, id).bytes, bytes);
}

std::uint32_t StatementStatistics::generation(StatementId id) const noexcept {
    return generations_[id].load(std::memory_order_acquire);
}

const std::atomic<std::uint32_t>* StatementStatistics::generation_cell(StatementId id) const noexcept {
    return &generations_[id];
}

void StatementStatistics::purge(StatementId id) noexcept { generations_[id].fetch_add(1, std::memory_order_acq_rel); }

std::vector<StatementFigures> StatementStatistics::collect() const {
    std::vector<StatementFigures> figures;
    {
        const std::lock_guard lock(names_->mutex);
        figures.resize(names_->texts.size());
        for (std::size_t i = 0; i < figures.size(); ++i) figures[i].text = names_->texts[i];
    }
    for (std::size_t i = 0; i < figures.size(); ++i) {
        auto& f = figures[i];
        if (i != 0) f.digest = invalidation::sql::digest(f.text);
        for (std::size_t worker = 0; worker < workers_count_; ++worker) {
            const auto& c = cell(worker, static_cast<StatementId>(i));
            f.hits += c.hits.load(std::memory_order_relaxed);
            f.misses += c.misses.load(std::memory_order_relaxed);
            f.bypassed += c.bypassed.load(std::memory_order_relaxed);
            f.invalidations += c.stale.load(std::memory_order_relaxed);
            f.bytes += c.bytes.load(std::memory_order_relaxed);
            f.saved_ms += static_cast<double>(c.saved_us.load(std::memory_order_relaxed)) / 1000.0;
            if (const auto* reason = c.reason.load(std::memory_order_relaxed)) f.reason = reason;
        }
    }
    return figures;
}

}  // namespace sabil::proxy::mysql_front
