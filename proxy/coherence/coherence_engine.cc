#include "proxy/coherence/coherence_engine.h"

#include <ctime>

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <future>
#include <thread>
#include <unordered_map>

#include "invalidation/ledger.h"
#include "invalidation/resolver.h"
#include "invalidation/schema/catalog.h"
#include "proxy/coherence/backend.h"

namespace sabil::proxy::coherence {

using invalidation::Dependencies;
using invalidation::Dependency;
using invalidation::Floor;
using invalidation::Precision;
using invalidation::Rights;
using invalidation::sql::Statement;
using invalidation::sql::StatementKind;

namespace {

bool tails(CoherenceMode mode) noexcept {
    return mode == CoherenceMode::coherent || mode == CoherenceMode::best_effort;
}

// The coarse clock costs a fifth of the fine one and lags by its resolution at most, which the limit makes up for.
SteadyTime coarse_now() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return SteadyTime{std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec)};
}

std::chrono::nanoseconds coarse_resolution() noexcept {
    timespec step{};
    clock_getres(CLOCK_MONOTONIC_COARSE, &step);
    return std::chrono::seconds(step.tv_sec) + std::chrono::nanoseconds(step.tv_nsec);
}

bool has_part(const Statement& statement, StatementKind kind) {
    return statement.kind == kind || std::any_of(statement.parts.begin(), statement.parts.end(),
                                                 [&](const Statement& part) { return has_part(part, kind); });
}

std::string write_key(const Statement& statement, std::string_view default_schema) {
    std::string key(default_schema);
    for (const auto& name : statement.writes) {
        key.append(1, '\0').append(name.schema).append(1, '\0').append(name.table);
    }
    return key;
}

}  // namespace

class CoherenceEngine::Impl {
  public:
    explicit Impl(Options options)
        : limit_(options.max_staleness - coarse_resolution()),
          start_limit_(options.start_limit),
          io_(std::make_shared<asio::io_context>(1)),
          work_(io_->get_executor()),
          shared_(std::make_shared<Shared>()),
          resolver_(ledger_, catalog_),
          watches_(ledger_) {
        shared_->mode = options.wish == Wish::ttl       ? CoherenceMode::ttl
                        : options.wish == Wish::in_path ? CoherenceMode::in_path
                                                        : CoherenceMode::coherent;
        auto post = [weak = std::weak_ptr(io_)](std::function<void()> what) {
            if (auto io = weak.lock()) asio::post(*io, std::move(what));
        };
        backend_ = std::make_unique<Backend>(*io_, std::move(options), shared_, ledger_, catalog_, watches_, post);
    }

    ~Impl() {
        if (thread_.joinable()) {
            std::promise<void> stopped;
            asio::post(*io_, [&] {
                backend_->stop();
                stopped.set_value();
            });
            stopped.get_future().wait();
            io_->stop();
            thread_.join();
        }
        backend_.reset();
    }

    Result<void> start() {
        auto outcome = std::make_shared<std::promise<Result<void>>>();
        auto answer = outcome->get_future();
        thread_ = std::thread([this] { io_->run(); });
        asio::post(*io_, [this, outcome] {
            backend_->start([outcome](Result<void> result) { outcome->set_value(std::move(result)); });
        });
        if (answer.wait_for(start_limit_) == std::future_status::ready) return answer.get();
        return fail(ErrorCode::timeout,
                    "the database did not answer within " + std::to_string(start_limit_.count()) + " ms");
    }

    bool fresh() const noexcept {
        auto horizon = shared_->horizon.load(std::memory_order_acquire);
        return horizon != 0 && coarse_now() - SteadyTime{SteadyTime::duration(horizon)} <= limit_;
    }

    template <class Function>
    void post(Function function) {
        asio::post(*io_, std::move(function));
    }

    // Whoever has to ask wants to know soon.
    void want_probe() {
        if (!shared_->probe_wanted.exchange(true, std::memory_order_relaxed)) {
            post([this] { backend_->probe_soon(); });
        }
    }

    void find_floor(const Dependencies& dependencies, FloorWaiters::Pace pace, FloorWaiters::Then then) {
        auto floor = ledger_.floor();
        if (!tails(shared_->mode) || ledger_.current(dependencies, floor)) return then(floor);
        bool has_history = shared_->horizon.load(std::memory_order_acquire) != 0;
        if (!has_history) {
            want_probe();
            return then(std::nullopt);
        }
        post([this, dependencies, pace, asked = std::chrono::steady_clock::now(), then = std::move(then)]() mutable {
            backend_->await_floor(std::move(dependencies), asked, pace, std::move(then));
        });
    }

    // The stamps that write_begin() marked are the ones write_end() settles, whatever the catalog says by then.
    void begin_write(const Statement& statement, std::string_view default_schema) {
        auto stamps = resolver_.write_stamps(statement, default_schema);
        std::lock_guard lock(writes_mutex_);
        for (auto stamp : stamps) ledger_.mark_dirty(stamp);
        writes_[write_key(statement, default_schema)].push_back(std::move(stamps));
    }

    void end_write(const Statement& statement, std::string_view default_schema) {
        Dependencies stamps;
        {
            std::lock_guard lock(writes_mutex_);
            auto at = writes_.find(write_key(statement, default_schema));
            if (at == writes_.end()) return;
            stamps = std::move(at->second.back());
            at->second.pop_back();
            if (at->second.empty()) writes_.erase(at);
        }
        for (auto stamp : stamps) ledger_.settle(stamp);
        shared_->path_writes.fetch_add(1, std::memory_order_relaxed);
        watches_.applied();
        bool accounts = has_part(statement, StatementKind::account);
        if (!accounts && !has_part(statement, StatementKind::ddl)) return;
        post([this, rights = accounts ? Rights::perhaps_changed : Rights::kept] {
            backend_->definitions_changed(rights);
        });
    }

    const std::chrono::nanoseconds limit_;
    const std::chrono::milliseconds start_limit_;
    std::shared_ptr<asio::io_context> io_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::shared_ptr<Shared> shared_;
    invalidation::Ledger ledger_;
    invalidation::Catalog catalog_;
    invalidation::Resolver resolver_;
    Watches watches_;
    std::unique_ptr<Backend> backend_;
    std::thread thread_;

    std::mutex writes_mutex_;
    std::unordered_map<std::string, std::vector<Dependencies>>
        writes_;  // under way, by what they write: one per session at most
};

CoherenceEngine::CoherenceEngine(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
CoherenceEngine::~CoherenceEngine() = default;

void CoherenceEngine::resume_from(std::string save_point) {
    impl_->backend_->resume_from(std::move(save_point));
}

Result<void> CoherenceEngine::start() {
    return impl_->start();
}

CoherenceMode CoherenceEngine::mode() const noexcept {
    return impl_->shared_->mode.load(std::memory_order_relaxed);
}

bool CoherenceEngine::servable(std::span<const Dependency> dependencies, Floor floor) const noexcept {
    if (tails(mode()) && !impl_->fresh()) return false;
    return impl_->ledger_.current(dependencies, floor);
}

bool CoherenceEngine::storable(std::span<const Dependency> dependencies, Floor floor) const noexcept {
    return impl_->ledger_.current(dependencies, floor);
}

Floor CoherenceEngine::floor() const noexcept {
    return impl_->ledger_.floor();
}

void CoherenceEngine::async_floor(const Dependencies& dependencies, std::function<void(std::optional<Floor>)> then) {
    impl_->find_floor(dependencies, FloorWaiters::Pace::hurried, std::move(then));
}

void CoherenceEngine::async_covering_floor(const Dependencies& dependencies,
                                           std::function<void(std::optional<Floor>)> then) {
    impl_->find_floor(dependencies, FloorWaiters::Pace::patient, std::move(then));
}

DependencyResult CoherenceEngine::dependencies(const Statement& statement, std::string_view default_schema,
                                               std::span<const ParameterValue> parameters) {
    std::vector<invalidation::sql::Literal> literals;
    literals.reserve(parameters.size());
    for (const auto& parameter : parameters) literals.push_back(parameter.literal);
    auto current_mode = mode();
    auto precision = tails(current_mode)                      ? Precision::rows
                     : current_mode == CoherenceMode::in_path ? Precision::tables
                                                              : Precision::names;
    auto resolution = impl_->resolver_.resolve(statement, default_schema, literals, precision);
    if (!resolution.missing.empty() && impl_->backend_->loader().want(resolution.missing)) {
        impl_->post([this] { impl_->backend_->step_loader(); });
    }
    return {std::move(resolution.dependencies), std::string(resolution.reason)};
}

bool CoherenceEngine::applied_contains(const Gtid& gtid) const {
    return impl_->backend_->executed().contains(gtid);
}

void CoherenceEngine::async_applied(const Gtid& gtid, std::chrono::milliseconds limit, std::function<void(bool)> then) {
    if (applied_contains(gtid)) return then(true);
    if (!tails(mode())) return then(false);
    impl_->post([this, gtid, deadline = std::chrono::steady_clock::now() + limit, then = std::move(then)]() mutable {
        impl_->backend_->await_applied(std::move(gtid), deadline, std::move(then));
    });
}

void CoherenceEngine::write_begin(const Statement& statement, std::string_view default_schema) {
    if (mode() == CoherenceMode::in_path) impl_->begin_write(statement, default_schema);
}

// Also where the mode has changed since: what was marked must be settled.
void CoherenceEngine::write_end(const Statement& statement, std::string_view default_schema) {
    impl_->end_write(statement, default_schema);
}

// What is not known to write rows only may change definitions or accounts.
void CoherenceEngine::unlogged_write(const Statement& statement) {
    bool rows = statement.kind == StatementKind::write && statement.writes_known;
    bool accounts = !rows && statement.kind != StatementKind::ddl;
    impl_->post([this, rows, rights = accounts ? Rights::perhaps_changed : Rights::kept] {
        impl_->backend_->unlogged_write(!rows, rights);
    });
}

void CoherenceEngine::purge_table(std::string_view schema, std::string_view table) {
    impl_->post([this, schema = std::string(schema), table = std::string(table)] {
        impl_->backend_->purge_table(schema, table);
    });
}

void CoherenceEngine::purge_all() {
    impl_->post([this] { impl_->backend_->purge_all(); });
}

invalidation::sql::Dialect CoherenceEngine::dialect() const noexcept {
    return impl_->shared_->dialect.load();
}

std::string CoherenceEngine::identity() const {
    std::lock_guard lock(impl_->shared_->mutex);
    return impl_->shared_->identity_text;
}

std::string CoherenceEngine::identity_query() const {
    bool is_mysql = dialect() == invalidation::sql::Dialect::mysql;
    return std::string(coherence::identity_query(is_mysql ? mysql::ServerKind::mysql : mysql::ServerKind::mariadb));
}

bool CoherenceEngine::confirmed_since(SteadyTime connected) const noexcept {
    if (!tails(mode())) return true;
    if (impl_->shared_->newest_probe.load(std::memory_order_acquire) > connected.time_since_epoch().count()) return true;
    impl_->want_probe();
    return false;
}

bool CoherenceEngine::fresh_since(SteadyTime moment) const noexcept {
    if (!tails(mode())) return false;
    if (impl_->shared_->horizon.load(std::memory_order_acquire) >= moment.time_since_epoch().count()) return true;
    impl_->want_probe();
    return false;
}

bool CoherenceEngine::rights_kept_since(Floor login) const noexcept {
    return impl_->ledger_.rights() <= login.n;
}

CoherenceStatus CoherenceEngine::status() const {
    const auto& shared = *impl_->shared_;
    CoherenceStatus status;
    status.mode = mode();
    status.epoch = impl_->ledger_.epoch();
    status.applied = impl_->ledger_.applied();
    status.watermark = impl_->ledger_.floor().n;
    status.connected = shared.connected;
    status.position = impl_->backend_->executed().position();
    status.groups = shared.groups;
    status.definition_changes = shared.definition_changes;
    status.path_writes = shared.path_writes;
    auto seconds = [](auto duration) { return std::chrono::duration<double>(duration).count(); };
    SteadyTime horizon{SteadyTime::duration(shared.horizon.load())};
    if (horizon != SteadyTime{}) status.horizon_seconds = seconds(std::chrono::steady_clock::now() - horizon);
    if (shared.behind && shared.newest_timestamp != 0) {
        auto newest = std::chrono::system_clock::from_time_t(shared.newest_timestamp);
        status.lag_seconds = std::max(0.0, seconds(std::chrono::system_clock::now() - newest));
    }
    std::lock_guard lock(shared.mutex);
    status.why = shared.why;
    status.epoch_reason = shared.epoch_reason;
    status.not_resumed = shared.not_resumed;
    status.epochs_by_reason = shared.epochs_by_reason;
    return status;
}

void CoherenceEngine::on_applied(std::function<void(invalidation::Sequence)> callback) {
    std::lock_guard lock(impl_->shared_->mutex);
    auto& callbacks = impl_->shared_->on_applied;
    auto next = callbacks ? std::make_shared<Shared::Callbacks>(*callbacks) : std::make_shared<Shared::Callbacks>();
    next->push_back(std::move(callback));
    callbacks = std::move(next);
}

bool CoherenceEngine::watch(std::span<const Dependency> dependencies, Floor floor, std::function<void()> then) {
    if (mode() == CoherenceMode::ttl) return false;  // nothing is ever stamped
    return impl_->watches_.add(dependencies, floor, std::move(then));
}

SavePoint CoherenceEngine::save_point() const {
    auto answer = std::make_shared<std::promise<SavePoint>>();
    auto point = answer->get_future();
    impl_->post([this, answer] { answer->set_value(impl_->backend_->save_point()); });
    return point.wait_for(save_limit) == std::future_status::ready ? point.get() : SavePoint{};
}

bool CoherenceEngine::resumed() const noexcept {
    return impl_->shared_->resumed.load(std::memory_order_acquire);
}

const invalidation::Ledger& CoherenceEngine::ledger() const noexcept {
    return impl_->ledger_;
}

}  // namespace sabil::proxy::coherence
