#include "proxy/observe/registry.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "proxy/observe/exposition.h"

namespace sabil::proxy::observe {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::chrono::nanoseconds, 22> bounds{1us,   2500ns, 5us,    10us,   25us, 50us, 100us, 250us,
                                                          500us, 1ms,    2500us, 5ms,    10ms, 25ms, 50ms,  100ms,
                                                          250ms, 500ms,  1s,     2500ms, 5s,   10s};
constexpr std::size_t histogram_cells = bounds.size() + 2;  // and +Inf, and the sum

}  // namespace

std::span<const std::chrono::nanoseconds> latency_bounds() noexcept {
    return bounds;
}

void Histogram::record(std::chrono::nanoseconds duration) const noexcept {
    if (first_ == 0) return;
    if (duration.count() < 0) duration = 0ns;
    auto bucket = std::lower_bound(bounds.begin(), bounds.end(), duration) - bounds.begin();
    add_cell(first_ + static_cast<Cell>(bucket), 1);
    add_cell(first_ + static_cast<Cell>(bounds.size() + 1), static_cast<std::uint64_t>(duration.count()));
}

Histogram::Snapshot Histogram::snapshot() const {
    Snapshot out;
    out.counts.resize(bounds.size() + 1);
    if (first_ == 0) return out;
    for (std::size_t i = 0; i < out.counts.size(); ++i) {
        out.counts[i] = read_cell(first_ + static_cast<Cell>(i));
        out.count += out.counts[i];
    }
    out.sum_seconds = static_cast<double>(read_cell(first_ + static_cast<Cell>(bounds.size() + 1))) / 1e9;
    return out;
}

double Histogram::Snapshot::quantile_seconds(double q) const noexcept {
    if (count == 0) return 0;
    auto rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(count);
    double below = 0;
    double from = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        auto to = i < bounds.size() ? std::chrono::duration<double>(bounds[i]).count() : from;
        auto here = static_cast<double>(counts[i]);
        if (here > 0 && below + here >= rank) return from + (to - from) * std::max(0.0, rank - below) / here;
        below += here;
        from = to;
    }
    return from;
}

struct Registry::State {
    struct Series {
        Labels labels;
        Cell cell = 0;
    };
    struct Family {
        MetricType type;
        std::string help;
        std::vector<Series> series;
        std::function<void(const Emit&)> collect;
    };
    mutable std::mutex mutex;         // families
    mutable std::mutex scrape_mutex;  // held while callbacks run
    std::map<std::string, Family, std::less<>> families;

    Cell cell(MetricType type, std::string_view name, std::string_view help, Labels labels, std::size_t cells) {
        std::lock_guard lock(mutex);
        auto [it, made] = families.try_emplace(std::string(name), Family{type, std::string(help), {}, {}});
        auto& family = it->second;
        if (family.type != type) return 0;
        if (auto* found = find(family, labels)) return found->cell;
        if (family.series.size() >= series_per_family) {
            for (auto& label : labels) label.second = "other";
            if (auto* found = find(family, labels)) return found->cell;
        }
        auto first = reserve_cells(cells);
        if (first != 0) family.series.push_back({std::move(labels), first});
        return first;
    }
    static Series* find(Family& family, const Labels& labels) {
        for (auto& series : family.series)
            if (series.labels == labels) return &series;
        return nullptr;
    }
    std::string expose(Format format) const;
    static void expose_family(Exposition& out, const std::string& name, const Family& family);
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Counter Registry::counter(std::string_view name, std::string_view help, const Labels& labels) {
    return Counter(state_->cell(MetricType::counter, name, help, labels, 1));
}

Gauge Registry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
    return Gauge(state_->cell(MetricType::gauge, name, help, labels, 1));
}

Histogram Registry::histogram(std::string_view name, std::string_view help, const Labels& labels) {
    return Histogram(state_->cell(MetricType::histogram, name, help, labels, histogram_cells));
}

void Registry::callback(MetricType type, std::string_view name, std::string_view help,
                        std::function<void(const Emit&)> collect) {
    std::lock_guard lock(state_->mutex);
    auto [it, made] = state_->families.try_emplace(std::string(name), State::Family{type, std::string(help), {}, {}});
    if (it->second.type == type) it->second.collect = std::move(collect);
}

void Registry::remove_callbacks() {
    std::lock_guard scrape(state_->scrape_mutex);
    std::lock_guard lock(state_->mutex);
    for (auto& [name, family] : state_->families) family.collect = nullptr;
    std::erase_if(state_->families, [](const auto& family) { return family.second.series.empty(); });
}

void Registry::State::expose_family(Exposition& out, const std::string& name, const Family& family) {
    out.family(name, family.type, family.help);
    if (family.collect) {
        std::size_t emitted = 0;
        family.collect([&](const Labels& labels, double value) {
            if (emitted++ < series_per_family) out.sample(labels, value);
        });
    }
    for (const auto& series : family.series) {
        if (family.type == MetricType::histogram) {
            out.histogram(series.labels, Histogram(series.cell).snapshot());
        } else if (family.type == MetricType::counter) {
            out.sample(series.labels, static_cast<double>(read_cell(series.cell)));
        } else {
            out.sample(series.labels, static_cast<double>(static_cast<std::int64_t>(read_cell(series.cell))));
        }
    }
}

std::string Registry::State::expose(Format format) const {
    std::lock_guard scrape(scrape_mutex);
    std::map<std::string, Family, std::less<>> copy;
    {
        std::lock_guard lock(mutex);
        copy = families;
    }
    Exposition out(format);
    for (const auto& [name, family] : copy) expose_family(out, name, family);
    return std::move(out).finish();
}

std::uint64_t Registry::sum(std::string_view name, const std::pair<std::string, std::string>& label) const {
    std::lock_guard lock(state_->mutex);
    auto found = state_->families.find(name);
    if (found == state_->families.end() || found->second.type != MetricType::counter) return 0;
    std::uint64_t out = 0;
    for (const auto& series : found->second.series) {
        if (std::find(series.labels.begin(), series.labels.end(), label) != series.labels.end()) {
            out += read_cell(series.cell);
        }
    }
    return out;
}

std::string Registry::prometheus() const {
    return state_->expose(Format::prometheus);
}
std::string Registry::open_metrics() const {
    return state_->expose(Format::open_metrics);
}

}  // namespace sabil::proxy::observe
