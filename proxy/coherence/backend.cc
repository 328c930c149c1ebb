#include "proxy/coherence/backend.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>

namespace sabil::proxy::coherence {

using invalidation::Rights;
using invalidation::Sequence;
using invalidation::Visible;
using mysql::binlog::BinlogPosition;
using mysql::binlog::MariadbGtidPosition;
using mysql::binlog::MysqlGtidSet;

namespace {

constexpr std::uint16_t error_position_gone = 1236;
constexpr std::uint16_t error_access_denied = 1045;  // also COM_BINLOG_DUMP without the privilege
constexpr std::uint16_t error_missing_privilege = 1227;
constexpr std::chrono::milliseconds backoff_first{20};
constexpr std::chrono::milliseconds floor_limit{1000};
constexpr std::chrono::milliseconds patient_pace{2};  // between probes where nobody waits
constexpr unsigned probes_per_staleness = 4;

std::chrono::milliseconds probe_limit(const Options& options) {
    return std::max(options.max_staleness, std::chrono::milliseconds(1000));
}

mysql::ConnectOptions connect_options(const Options& options) {
    auto out = options.connect;
    out.connect_limit = std::min(out.connect_limit, options.connect_limit);
    return out;
}

// Unlike every server's: those are numbered by hand, from below.
std::uint32_t random_replica_id() {
    return 0x8000'0000U | (std::random_device{}() & 0x7fff'ffffU);
}

mysql::binlog::DumpOptions dump_options(const Options& options) {
    mysql::binlog::DumpOptions out;
    out.connect = connect_options(options);
    out.heartbeat_period = options.heartbeat_period;
    out.silence_limit = options.silence_limit;
    out.replica_id = random_replica_id();
    return out;
}

mysql::binlog::DumpStart dump_start(const Visible& at) {
    if (const auto* set = std::get_if<MysqlGtidSet>(&at)) return *set;
    return std::get<BinlogPosition>(at);
}

Prober::Kind probe_kind(const Server& server, CoherenceMode mode) {
    if (mode == CoherenceMode::best_effort) return Prober::Kind::end_held_off;
    return server.identity.kind == mysql::ServerKind::mysql ? Prober::Kind::gtid_executed
                                                            : Prober::Kind::snapshot_position;
}

}  // namespace

Backend::Backend(asio::io_context& io, Options options, std::shared_ptr<Shared> shared, invalidation::Ledger& ledger,
                 invalidation::Catalog& catalog, Watches& watches, SchemaLoader::Post post)
    : io_(io),
      options_(std::move(options)),
      shared_pointer_(std::move(shared)),
      shared_(*shared_pointer_),
      ledger_(ledger),
      catalog_(catalog),
      watches_(watches),
      tailer_(ledger, catalog, executed_, *this),
      loader_(*options_.pool, ledger, catalog, std::move(post), [this] { step_loader(); }),
      prober_(io, connect_options(options_), probe_limit(options_)),
      dump_(io, dump_options(options_), tailer_),
      rest_timer_(io),
      tick_timer_(io),
      pace_timer_(io) {
    known_schemas_.insert(options_.preload.begin(), options_.preload.end());
    // Fills must reach the server whose binlog is read. In the weaker modes any will do.
    options_.pool->set_identity_check([known = shared_pointer_](const mysql::ServerIdentity& identity) -> Result<void> {
        auto mode = known->mode.load();
        if (mode != CoherenceMode::coherent && mode != CoherenceMode::best_effort) return {};
        std::lock_guard lock(known->mutex);
        if (known->identity && known->identity->same_process(identity)) return {};
        return fail(ErrorCode::unavailable, "the connection reached another server than the binlog reader");
    });
}

Backend::~Backend() = default;

void Backend::start(OnStarted on_started) {
    on_started_ = std::move(on_started);
    read_resumption();
    arm_tick();
    connect();
}

void Backend::stop() {
    phase_ = Phase::stopped;
    rest_timer_.cancel();
    tick_timer_.cancel();
    pace_timer_.cancel();
    prober_.stop();
    dump_.stop();
    floor_waiters_.fail_all();
    applied_waiters_.fail_all();
    report(fail(ErrorCode::unavailable, "stopped"));
}

void Backend::report(Result<void> result) {
    loading_at_start_ = false;
    if (resumption_) drop_resumption("the server was not reached in time");  // others may fill from here on
    if (auto on_started = std::exchange(on_started_, nullptr)) on_started(std::move(result));
}

bool Backend::has_tailer() const noexcept {
    auto mode = shared_.mode.load();
    return mode == CoherenceMode::coherent || mode == CoherenceMode::best_effort;
}

void Backend::set_mode(CoherenceMode mode, std::string why) {
    shared_.mode = mode;
    auto told = std::string(coherence_mode_name(mode)) + (why.empty() ? "" : ": " + why);
    if (told != told_) spdlog::info("coherence: {}", told);
    told_ = std::move(told);
    std::lock_guard lock(shared_.mutex);
    shared_.why = std::move(why);
}

// -- reaching the server

void Backend::connect() {
    phase_ = Phase::connecting;
    prober_.connect([this](Result<Server> server) {
        if (!server) return connect_failed(server.error());
        connected(std::move(*server));
    });
}

void Backend::connect_failed(const Error& error) {
    spdlog::log(attempts_ == 0 ? spdlog::level::warn : spdlog::level::debug,
                "coherence: the database cannot be asked: {}", error.message);
    report(tl::unexpected(error));
    if (phase_ != Phase::stopped) rest(backoff_first);
}

void Backend::connected(Server server) {
    bool same = server_ && server.identity.follows(server_->identity);
    bool reset = same && server.resets != server_->resets;
    if (std::exchange(position_gone_, false)) {
        on_epoch(reset ? "reset" : "purged");
    } else if (reset && has_history_) {
        lose_history("reset");
    }
    if (server_ && !same) {
        lose_history(server_->identity.same_server(server.identity) ? "server_restart" : "server_changed");
    }
    follow(std::move(server));
    // Where it has none left it may be waiting to try again, for a server that is back.
    if (!same || options_.pool->stats().connections == 0) options_.pool->reset_connections();
    decision_ = decide_mode(*server_, options_.wish);
    if (resumption_) (void)resumable(*server_);
    bool tails = decision_.mode == CoherenceMode::coherent || decision_.mode == CoherenceMode::best_effort;
    if (!tails || (options_.wish == Wish::coherent && decision_.mode != CoherenceMode::coherent)) {
        return enter_weak_mode(decision_.mode, decision_.why);
    }
    prober_.start(
        probe_kind(*server_, decision_.mode), options_.hold_off,
        [this](Visible what, SteadyTime sent) { seen(std::move(what), sent); },
        [this](const Error& error) { prober_lost(error); });
    if (!has_history_) return base();
    if (dump_.running() && streaming_) return running();
    open_dump();
}

void Backend::follow(Server server) {
    bool mysql_server = server.identity.kind == mysql::ServerKind::mysql;
    auto dialect = mysql_server ? invalidation::sql::Dialect::mysql : invalidation::sql::Dialect::mariadb;
    shared_.dialect = dialect;
    tailer_.set_server(dialect, server.identity.version_number);
    catalog_.set_fold_names(server.settings.lower_case_table_names != 0);
    {
        std::lock_guard lock(shared_.mutex);
        shared_.identity = server.identity;
        shared_.identity_text = server.identity_text;
    }
    server_ = std::move(server);
}

void Backend::enter_weak_mode(CoherenceMode mode, std::string why) {
    prober_.stop();
    dump_.stop();
    if (options_.wish == Wish::coherent) {
        // Never weaker than asked for: bypass, and try again.
        set_mode(CoherenceMode::coherent, why);
        report(fail(ErrorCode::unsupported, "cache.coherence is coherent, but " + why));
        return rest(options_.backoff_max);
    }
    bool changed = phase_ != Phase::weak && (shared_.mode.load() != mode || has_history_);
    if (changed || epoch_first_ != 0) {
        if (epoch_first_ == 0) lose_history("mode");
        ledger_.publish(epoch_first_);
        ledger_.advance_watermark(epoch_first_);
        epoch_first_ = 0;
    }
    phase_ = Phase::weak;
    weak_since_ = std::chrono::steady_clock::now();
    attempts_ = 0;
    shared_.connected = false;
    set_mode(mode, std::move(why));
    report_when_loaded();
}

// -- an epoch's start

void Backend::base() {
    phase_ = Phase::basing;
    prober_.request();
}

void Backend::based(const Visible& seen_now, SteadyTime sent, MariadbGtidPosition gtids) {
    if (shared_.mode.load() != decision_.mode) {
        set_mode(decision_.mode, decision_.why);
        lose_history("mode");
    }
    executed_.reset(seen_now, std::move(gtids), sent);
    if (epoch_first_ == 0) epoch_first_ = ledger_.new_epoch(Rights::perhaps_changed);
    executed_.applied_local(epoch_first_);
    ledger_.publish(epoch_first_);
    ledger_.advance_watermark(executed_.watermark());
    epoch_first_ = 0;
    begin_history(seen_now, sent);
}

void Backend::begin_history(const Visible& seen_now, SteadyTime sent) {
    newest_seen_ = seen_now;
    shared_.newest_probe = sent.time_since_epoch().count();
    has_history_ = true;
    known_revision_ = 0;
    open_dump();
}

void Backend::open_dump() {
    phase_ = Phase::opening;
    if (dump_.running()) {
        open_when_ended_ = true;
        return;
    }
    open_when_ended_ = streaming_ = false;
    auto at = executed_.resume_at();
    const auto* position = std::get_if<BinlogPosition>(&at);
    tailer_.starting_at(position != nullptr ? *position : BinlogPosition{});
    dump_.start(
        dump_start(at), [this](const mysql::ServerIdentity& identity) { return dump_connected(identity); },
        [this](const Error& error) { dump_lost(error); });
}

Result<void> Backend::dump_connected(const mysql::ServerIdentity& identity) {
    if (server_ && identity.follows(server_->identity)) return {};
    lost_because_ = server_ && server_->identity.same_server(identity) ? "server_restart" : "server_changed";
    return fail(ErrorCode::unavailable, "the dump connection reached another server than the probes");
}

// The dump's first event. Where the binlog was reset just before, the dump's start may name a place in the new history as
// well; a RESET from here on ends the dump.
void Backend::on_stream() {
    streaming_ = true;
    if (phase_ != Phase::opening) return;
    prober_.count_resets([this](std::uint64_t resets) {
        if (phase_ != Phase::opening || !streaming_) return;
        if (resets == server_->resets) return running();
        lose_history("reset");
        rest(backoff_first);
    });
}

void Backend::running() {
    phase_ = Phase::running;
    bool first = attempts_ == 0;
    attempts_ = 0;
    shared_.connected = true;
    set_mode(decision_.mode, decision_.why);
    if (first && !decision_.advice.empty()) spdlog::info("coherence: {}", decision_.advice);
    prober_.request();
    report_when_loaded();
}

// -- losses

void Backend::dump_lost(const Error& error) {
    shared_.connected = streaming_ = false;
    if (phase_ == Phase::stopped || phase_ == Phase::weak) return;
    if (std::exchange(open_when_ended_, false) && phase_ == Phase::opening) return open_dump();
    bool ended_by_us = !has_history_;  // lose_history() stopped it and has seen to the rest
    if (ended_by_us) return;
    if (error.number == error_missing_privilege || error.number == error_access_denied) return dump_refused(error);
    if (mysql::binlog::is_ousted(error)) {
        dump_.set_replica_id(random_replica_id());
    } else if (!lost_because_.empty()) {
        lose_history(std::exchange(lost_because_, {}));
        server_.reset();
    } else if (error.number == error_position_gone) {
        drop_history();
        watches_.run_all();
        position_gone_ = true;
    } else if (error.code == ErrorCode::protocol || error.code == ErrorCode::unsupported ||
               error.code == ErrorCode::out_of_range) {
        lose_history("decode_error");
    }
    spdlog::warn("coherence: the binlog reader lost its connection: {}", error.message);
    prober_.stop();  // met anew, so that both reach one server
    rest(backoff_first);
}

void Backend::dump_refused(const Error& error) {
    auto why = missing_grant(*server_, options_.connect.user) + " (" + error.message + ")";
    refused_ = true;
    enter_weak_mode(CoherenceMode::in_path, why);
}

void Backend::prober_lost(const Error& error) {
    if (phase_ == Phase::stopped || phase_ == Phase::weak) return;
    spdlog::log(attempts_ == 0 ? spdlog::level::warn : spdlog::level::debug,
                "coherence: the probe lost its connection: {}", error.message);
    rest(backoff_first);
}

void Backend::lose_history(std::string_view reason) {
    drop_history();
    on_epoch(reason);
}

// Nothing filled before is served again; floors wait for the next epoch's start.
void Backend::drop_history() {
    has_history_ = false;
    newest_seen_.reset();
    shared_.horizon = shared_.newest_probe = 0;
    open_when_ended_ = false;
    if (dump_.running()) dump_.stop();
    tailer_.starting_at({});
    tailer_.forget_history();
    executed_.reset(BinlogPosition{}, {}, {});
    catalog_.drop_all(ledger_.started());
    loader_.reset();
    epoch_first_ = ledger_.new_epoch(Rights::perhaps_changed);
}

void Backend::rest(std::chrono::milliseconds least) {
    phase_ = Phase::resting;
    resting_since_ = std::chrono::steady_clock::now();
    ++attempts_;
    auto doubled = least * (1U << std::min(attempts_, 10U)) / 2;
    rest_timer_.expires_after(std::clamp(doubled, least, std::max(least, options_.backoff_max)));
    rest_timer_.async_wait([this](std::error_code error) {
        if (!error && phase_ == Phase::resting) connect();
    });
}

// -- probes

void Backend::seen(Visible what, SteadyTime sent) {
    if (phase_ == Phase::basing) {
        if (resumption_) return compare_history(what, sent);
        const auto* position = std::get_if<BinlogPosition>(&what);
        if (position == nullptr || decision_.mode == CoherenceMode::best_effort) return based(what, sent, {});
        return prober_.read_gtids(*position, [this, what, sent](MariadbGtidPosition gtids) {
            if (phase_ == Phase::basing) based(what, sent, std::move(gtids));
        });
    }
    if (!has_history_) return;
    if (history_shrank(what)) {
        spdlog::warn("coherence: the server's binlog history was reset");
        lose_history("reset");
        return rest(backoff_first);
    }
    if (phase_ == Phase::opening) return;  // perhaps of another history than A: see on_stream()
    newest_seen_ = what;
    shared_.newest_probe = sent.time_since_epoch().count();
    executed_.probed(std::move(what), sent);
    settle();
    probe_for_waiters(floor_waiters_.probed(ledger_, sent));
}

void Backend::probe_for_waiters(FloorWaiters::Next next) {
    if (next == FloorWaiters::Next::probe_at_once) return prober_.request();
    if (next == FloorWaiters::Next::none) return;
    pace_timer_.expires_after(patient_pace);
    pace_timer_.async_wait([this](std::error_code error) {
        if (!error) probe_soon();
    });
}

// RESET: what was visible once is not any more.
bool Backend::history_shrank(const Visible& what) {
    if (!newest_seen_) return false;
    if (const auto* set = std::get_if<MysqlGtidSet>(&what))
        return !set->contains(std::get<MysqlGtidSet>(*newest_seen_));
    return std::get<BinlogPosition>(what) < std::get<BinlogPosition>(*newest_seen_);
}

void Backend::settle() {
    ledger_.advance_watermark(executed_.watermark());
    shared_.horizon = has_history_ ? executed_.horizon().time_since_epoch().count() : 0;
    shared_.behind = executed_.behind();
    step_loader();
}

void Backend::step_loader() {
    auto now = std::chrono::steady_clock::now();
    bool tails = has_tailer();
    if (tails && !has_history_) return;
    SteadyTime newest{SteadyTime::duration(shared_.newest_probe.load())};
    invalidation::sql::ParseMode mode;
    mode.dialect = shared_.dialect;
    if (server_) mode.server_version = server_->identity.version_number;
    keep_schemas_loaded();
    if (loader_.step(now, {.horizon = executed_.horizon(), .newest_probe = newest, .has_tailer = tails}, mode)) {
        prober_.request();
    }
    keep_schemas_loaded();
    if (loading_at_start_ && (loader_.idle() || now >= loading_until_)) report({});
}

void Backend::on_group_applied(Sequence n, std::uint32_t timestamp) {
    shared_.groups.fetch_add(1, std::memory_order_relaxed);
    if (timestamp != 0) shared_.newest_timestamp.store(timestamp, std::memory_order_relaxed);
    if (executed_.horizon().time_since_epoch().count() != shared_.horizon.load(std::memory_order_relaxed)) settle();
    applied_waiters_.applied(executed_);
    watches_.applied();
    if (catalog_.revision() != known_revision_) {
        shared_.definition_changes.fetch_add(1, std::memory_order_relaxed);
        step_loader();
    }
    std::shared_ptr<const Shared::Callbacks> callbacks;
    {
        std::lock_guard lock(shared_.mutex);
        callbacks = shared_.on_applied;
    }
    if (!callbacks) return;
    for (const auto& callback : *callbacks) callback(n);
}

void Backend::on_epoch(std::string_view reason) {
    {
        std::lock_guard lock(shared_.mutex);
        shared_.epoch_reason = reason;
        ++shared_.epochs_by_reason[std::string(reason)];
    }
    spdlog::warn("coherence: new epoch {}, nothing cached before is served: {}", ledger_.epoch(), reason);
    watches_.run_all();
}

// -- the clock

void Backend::arm_tick() {
    tick_timer_.expires_after(std::clamp<std::chrono::milliseconds>(
        options_.max_staleness / probes_per_staleness, std::chrono::milliseconds(5), std::chrono::milliseconds(250)));
    tick_timer_.async_wait([this](std::error_code error) {
        if (error || phase_ == Phase::stopped) return;
        tick();
        arm_tick();
    });
}

void Backend::tick() {
    auto now = std::chrono::steady_clock::now();
    floor_waiters_.expire(now);
    applied_waiters_.expire(now);
    if (has_history_ && prober_.started()) prober_.request();
    step_loader();
    bool improvable = phase_ == Phase::weak && options_.wish == Wish::automatic;
    auto period = refused_ ? 20 * options_.improve_period : options_.improve_period;  // each try ends an epoch
    if (improvable && now - weak_since_ >= period) connect();
}

// -- what callers ask

void Backend::await_floor(invalidation::Dependencies dependencies, SteadyTime asked, FloorWaiters::Pace pace,
                          FloorWaiters::Then then) {
    if (!has_tailer()) return then(ledger_.floor());
    bool answerable = has_history_ && prober_.started();
    if (!answerable || !floor_waiters_.add(std::move(dependencies), asked, asked + floor_limit, pace, then))
        return then(std::nullopt);
    prober_.request();
}

void Backend::await_applied(std::string gtid, SteadyTime deadline, AppliedWaiters::Then then) {
    if (executed_.contains(gtid)) return then(true);
    if (!applied_waiters_.add(std::move(gtid), deadline, then)) then(false);
}

void Backend::purge_table(const std::string& schema, const std::string& table) {
    if (epoch_first_ == 0) tailer_.purge_table(schema, table);  // else nothing is servable as it is
    watches_.applied();
}

void Backend::probe_soon() {
    shared_.probe_wanted = false;
    if (has_history_ && prober_.started()) return prober_.request();
    auto now = std::chrono::steady_clock::now();
    bool waits = phase_ == Phase::resting && has_tailer() && now - resting_since_ > backoff_first;
    if (waits) connect();
}

void Backend::purge_all() {
    if (epoch_first_ == 0) tailer_.begin_epoch("purge", false, Rights::kept);
}

void Backend::unlogged_write(bool definitions, Rights rights) {
    if (epoch_first_ != 0 || !has_tailer()) return;
    if (rights == Rights::perhaps_changed) {
        tailer_.begin_epoch("accounts", true, rights);
    } else {
        tailer_.unlogged_change(definitions);
    }
    watches_.applied();
    step_loader();
}

void Backend::definitions_changed(Rights rights) {
    if (epoch_first_ != 0 || has_tailer()) return;
    shared_.definition_changes.fetch_add(1, std::memory_order_relaxed);
    tailer_.begin_epoch("ddl", true, rights);
    step_loader();
}

}  // namespace sabil::proxy::coherence
