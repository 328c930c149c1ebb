// The engine's own thread: the dump connection, the probes and the schema reader, kept alive through every loss. What
// other threads read of it is in Shared.
//
// Thread-safety: everything on the engine's thread, save where Shared says otherwise.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "invalidation/ledger.h"
#include "invalidation/schema/catalog.h"
#include "invalidation/tailer/executed.h"
#include "invalidation/tailer/tailer.h"
#include "mysql/binlog/dump_client.h"
#include "proxy/coherence/coherence.h"
#include "proxy/coherence/coherence_options.h"
#include "proxy/coherence/mode_decision.h"
#include "proxy/coherence/prober.h"
#include "proxy/coherence/resumption.h"
#include "proxy/coherence/schema_loader.h"
#include "proxy/coherence/waiters.h"
#include "proxy/coherence/watches.h"

namespace sabil::proxy::coherence {

// Thread-safety: atomics as they are; the rest under `mutex`.
struct Shared {
    using Callbacks = std::vector<std::function<void(invalidation::Sequence)>>;

    std::atomic<CoherenceMode> mode{CoherenceMode::coherent};
    std::atomic<invalidation::sql::Dialect> dialect{invalidation::sql::Dialect::mariadb};
    std::atomic<SteadyTime::rep> horizon{0};  // of H; 0 = nothing is known to be fresh
    std::atomic<SteadyTime::rep> newest_probe{
        0};  // when the newest probe that came back was sent; 0 = none in this epoch
    std::atomic<bool> connected{false};
    std::atomic<bool> behind{false};
    std::atomic<std::uint32_t> newest_timestamp{0};  // of the newest group applied, by the server's clock
    std::atomic<std::uint64_t> groups{0};
    std::atomic<std::uint64_t> definition_changes{0};
    std::atomic<std::uint64_t> path_writes{0};  // in-path: writes that ended
    std::atomic<bool> resumed{false};
    std::atomic<bool> probe_wanted{false};  // probe_soon() is on its way

    mutable std::mutex mutex;
    std::string why;
    std::string epoch_reason = "start";
    std::string not_resumed;
    std::map<std::string, std::uint64_t> epochs_by_reason;
    std::optional<mysql::ServerIdentity> identity;
    std::string identity_text;
    std::shared_ptr<const Callbacks> on_applied;  // null: none
};

class Backend final : private invalidation::Tailer::Observer {
  public:
    using OnStarted = std::function<void(Result<void>)>;

    Backend(asio::io_context& io, Options options, std::shared_ptr<Shared> shared, invalidation::Ledger& ledger,
            invalidation::Catalog& catalog, Watches& watches, SchemaLoader::Post post);
    ~Backend() override;

    void resume_from(std::string save_point) { options_.resume = std::move(save_point); }  // before start()
    // Connects and decides the mode; answers once, whether or not the server could be met.
    void start(OnStarted on_started);
    void stop();

    void await_floor(invalidation::Dependencies dependencies, SteadyTime asked, FloorWaiters::Pace pace,
                     FloorWaiters::Then then);
    void await_applied(std::string gtid, SteadyTime deadline, AppliedWaiters::Then then);
    void purge_table(const std::string& schema, const std::string& table);
    void purge_all();
    void unlogged_write(bool definitions, invalidation::Rights rights);
    void definitions_changed(invalidation::Rights rights);  // seen in the path, where there is no binlog
    void step_loader();
    SavePoint save_point() const;
    void probe_soon();

    // From any thread.
    const invalidation::Executed& executed() const noexcept { return executed_; }
    SchemaLoader& loader() noexcept { return loader_; }

  private:
    enum class Phase : std::uint8_t {
        stopped,
        connecting,  // the probe connection
        basing,      // an epoch's start is asked for
        opening,     // the dump is asked for and has not begun
        running,
        resting,  // waiting to try again
        weak,     // a mode without a dump
    };

    void on_group_applied(invalidation::Sequence n, std::uint32_t timestamp) override;
    void on_epoch(std::string_view reason) override;
    void on_stream() override;

    void connect();
    void connected(Server server);
    void connect_failed(const Error& error);
    void enter_weak_mode(CoherenceMode mode, std::string why);
    void base();
    void based(const invalidation::Visible& seen, SteadyTime sent, mysql::binlog::MariadbGtidPosition gtids);
    void read_resumption();
    bool resumable(const Server& server);
    void drop_resumption(std::string_view why);
    void tell_not_resumed(std::string_view why);
    void compare_history(const invalidation::Visible& seen, SteadyTime sent);
    void resume(const invalidation::Visible& seen, SteadyTime sent);
    void begin_history(const invalidation::Visible& seen, SteadyTime sent);
    void open_dump();
    Result<void> dump_connected(const mysql::ServerIdentity& identity);
    void dump_lost(const Error& error);
    void dump_refused(const Error& error);
    void running();

    void seen(invalidation::Visible what, SteadyTime sent);
    void follow(Server server);
    bool history_shrank(const invalidation::Visible& what);
    void prober_lost(const Error& error);
    void lose_history(std::string_view reason);
    void drop_history();
    void rest(std::chrono::milliseconds least);
    void settle();
    void tick();
    void probe_for_waiters(FloorWaiters::Next next);
    void arm_tick();
    void report(Result<void> result);
    void report_when_loaded();
    void keep_schemas_loaded();
    void set_mode(CoherenceMode mode, std::string why);
    bool has_tailer() const noexcept;

    asio::io_context& io_;
    Options options_;
    const std::shared_ptr<Shared> shared_pointer_;  // the pool's identity check may outlive the engine
    Shared& shared_;
    invalidation::Ledger& ledger_;
    invalidation::Catalog& catalog_;
    Watches& watches_;
    invalidation::Executed executed_;
    invalidation::Tailer tailer_;
    SchemaLoader loader_;
    Prober prober_;
    mysql::binlog::DumpClient dump_;
    asio::steady_timer rest_timer_;
    asio::steady_timer tick_timer_;
    asio::steady_timer pace_timer_;
    FloorWaiters floor_waiters_;
    AppliedWaiters applied_waiters_;

    OnStarted on_started_;
    Phase phase_ = Phase::stopped;
    std::optional<Server> server_;  // whose history the ledger follows
    ModeDecision decision_;
    std::optional<Resumption> resumption_;  // until it is used or given up
    std::set<std::string> known_schemas_;   // read again whenever a definition changes
    std::uint64_t known_revision_ = 0;      // of the catalog, when they were last looked at
    bool loading_at_start_ = false;
    SteadyTime loading_until_{};
    bool has_history_ = false;                // the executed groups are this server's, and the epoch's start is visible
    invalidation::Sequence epoch_first_ = 0;  // of the epoch that waits for its start to be known
    std::optional<invalidation::Visible> newest_seen_;
    std::string lost_because_;      // what the dump connection found out; told in on_lost
    bool position_gone_ = false;    // history was dropped; whether by a purge or a RESET, the next connection tells
    bool streaming_ = false;        // the dump's first event is here
    bool open_when_ended_ = false;  // the dump before has not ended yet
    bool refused_ = false;          // for want of a privilege
    unsigned attempts_ = 0;
    std::string told_;  // the mode as last logged
    SteadyTime weak_since_{};
    SteadyTime resting_since_{};
};

}  // namespace sabil::proxy::coherence
