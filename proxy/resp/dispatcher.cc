#include "proxy/resp/dispatcher.h"

#include "cache/store/proven_scope.h"

#include "proxy/resp/client_state.h"
#include "proxy/resp/cycle_clock.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/key_extraction.h"
#include "proxy/resp/persistence.h"

#include <algorithm>
#include <utility>

namespace sabil::proxy::resp {
namespace {

// Makes a trace the thread's current one for a scope.
class CurrentTrace {
  public:
    explicit CurrentTrace(CommandTrace& trace) noexcept : before_(CommandTrace::current()) {
        CommandTrace::current() = &trace;
    }
    ~CurrentTrace() { CommandTrace::current() = before_; }
    CurrentTrace(const CurrentTrace&) = delete;
    CurrentTrace& operator=(const CurrentTrace&) = delete;

  private:
    CommandTrace* before_;
};

bool is_stored_in_transactions(const Command& command) noexcept {
    return command.spec->group != Group::transactions || command.spec->name == "unwatch";
}

bool is_connection_reset(const Command& command) noexcept {
    return command.spec->name == "quit" || command.spec->name == "reset";
}

}  // namespace

Dispatcher::Dispatcher(ServerState& server, net::Worker& worker)
    : server_(server), worker_(worker), stats_(*server.stats[worker.index()]) {}

Request Dispatcher::resolve(Args args) const noexcept {
    Request request;
    request.args = args;
    request.command = command_table().resolve(args);
    if (request.command != nullptr && request.command->single_key && args.size() > 1) {
        request.first_key = cache::KeyRef(args[1]);
    }
    return request;
}

RunOutcome Dispatcher::run(Session& session, const Request& request, Reply& reply,
                           std::shared_ptr<FillRound>& round) {
    session.dispatcher_ = this;
    std::size_t reply_at = reply.buffer().size();
    waits_for_script_ = false;
    if (!admit(session, request, reply)) {
        if (waits_for_script_) return RunOutcome::paused;
        reject(session, request, reply, reply_at);
        return RunOutcome::replied;
    }
    const Command& command = *request.command;
    if (auto* persistence = server_.services.persistence; persistence != nullptr && persistence->attention())
        [[unlikely]] {
        if (is_write(session, command, request.args) && persistence->holds_writes()) return RunOutcome::paused;
    }
    auto pause = server_.pause.scope();
    if (pause != PauseState::Scope::none) {
        bool writes = is_write(session, command, request.args);
        bool exempt = command.spec->name == "unpause";
        if (!exempt && (pause == PauseState::Scope::all || writes)) return RunOutcome::paused;
    }
    if (session.client_.transaction.active && is_stored_in_transactions(command) && !is_connection_reset(command)) {
        if (refuses_lookup_write(command, request.args, reply)) {
            reject(session, request, reply, reply_at);
        } else {
            enqueue(session, request, reply);
        }
        return RunOutcome::replied;
    }
    if (command.name == "waitaof" && awaits_log(session, request)) return RunOutcome::paused;
    return run_now(session, request, reply, round);
}

RunOutcome Dispatcher::run_now(Session& session, const Request& request, Reply& reply,
                               std::shared_ptr<FillRound>& round) {
    const Command& command = *request.command;
    trace_.begin(session.client_id_);
    session.trace_ = &trace_;
    unsigned database_index = session.database_index_;
    RunOutcome outcome;
    bool keeps_ages = session.client_.no_touch.load(std::memory_order_relaxed);
    if (keeps_ages) [[unlikely]] cache::Keyspace::set_thread_touches(false);
    {
        CurrentTrace current(trace_);
        if (command.single_key) {
            session.first_key_ = request.first_key;
            cache::LockSet locks(server_.keyspace, request.first_key);
            outcome = run_held(session, request, reply, round, false);
            // The next command's first key may stand at the same place of the read buffer.
            session.first_key_ = {};
        } else if ((command.spec->flags & flag::all_slices) != 0) {
            auto locks = cache::LockSet::all(server_.keyspace);
            outcome = run_held(session, request, reply, round, true);
        } else if (command.spec->keys.empty() || (command.spec->flags & flag::own_slices) != 0) {
            bool holds_all = reads_lookups(session, request);
            auto locks = holds_all ? cache::LockSet::all(server_.keyspace) : cache::LockSet{};
            outcome = run_held(session, request, reply, round, holds_all);
        } else {
            found_.clear();
            refs_.clear();
            find_keys(*command.spec, request.args, found_);
            for (const auto& key : found_) refs_.emplace_back(request.args[key.argument]);
            if (!refs_.empty()) session.first_key_ = refs_[0];
            if (refs_.size() > 1) {
                for (const auto& key : refs_) server_.keyspace.prefetch_table(key, database_index);
            }
            cache::LockSet locks(server_.keyspace, refs_);
            if (refs_.size() > 1) {
                for (const auto& key : refs_) server_.keyspace.prefetch_held_entry(key, database_index);
            }
            outcome = run_held(session, request, reply, round, false);
            session.first_key_ = {};
        }
    }
    if (keeps_ages) [[unlikely]] cache::Keyspace::set_thread_touches(true);
    // After the run: what EXEC runs is shown before EXEC.
    if (!server_.monitors.idle() && (command.spec->flags & (flag::skip_monitor | flag::admin)) == 0 &&
        outcome != RunOutcome::fills) {
        server_.monitors.send(database_index, session.client_.address, request.args);
    }
    if (server_.tracking.has_broadcasts()) server_.tracking.send_broadcasts();
    if (!trace_.ready_keys.empty()) serve_ready_keys();
    return outcome;
}

RunOutcome Dispatcher::run_held(Session& session, const Request& request, Reply& reply,
                                std::shared_ptr<FillRound>& round, bool holds_all) {
    const Command& command = *request.command;
    unsigned database_index = session.database_index_;
    cache::Database database(server_.keyspace, database_index, holds_all);
    std::vector<std::string> one_shots;  // their own: EXEC lets its queue go
    auto* lookups = server_.services.read_through;
    std::optional<cache::ProvenScope> proven;
    std::uint64_t arrived = 0;
    lookup_hits_ = 0;
    if (lookups != nullptr && !lookups->empty()) {
        arrived = CycleClock::now();
        bool held = holds_all || (command.spec->flags & flag::own_slices) == 0;
        if (held) proven.emplace();
        bool wants = false;
        if (held && !prepare_fills(session, request, reply, round, one_shots, wants)) {
            count_error(reply);
            return RunOutcome::replied;
        }
        if (wants) return RunOutcome::fills;
    }
    std::uint32_t errors_before = reply.errors();
    std::size_t reply_at = reply.buffer().size();
    std::uint64_t began = CycleClock::now();
    command.spec->handler(database, request.args, reply, session);
    std::uint64_t cycles = CycleClock::now() - began;
    // The errors inside EXEC's array were counted with their commands.
    if (command.spec->name == "exec" && reply.buffer().size() > reply_at && reply.buffer().view()[reply_at] == '*') {
        errors_before = reply.errors();
    }
    bool waits = trace_.block.has_value();
    if (waits) {
        register_waiter(session, request);
        // XREADGROUP has made its consumer.
        if (trace_.changes != 0) log_write(database_index, request.args);
        return RunOutcome::waits;  // counted when it is answered
    }
    if (command.spec->access.writes()) {
        if (trace_.changes != 0) log_write(database_index, request.args);
    } else if (session.client_.tracking.on) {
        follow(session, database, command, request.args);
    }
    for (const auto& key : one_shots) database.erase(cache::KeyRef(key));
    if (lookup_hits_ != 0) {
        lookups->time_hits(lookup_hits_,
                           std::chrono::nanoseconds(CycleClock::nanoseconds(CycleClock::now() - arrived)));
    }
    finish(session, command, request.args, reply, cycles, errors_before, database_index);
    return RunOutcome::replied;
}

void Dispatcher::call_inside(Session& session, const Command& command, Args args, Reply& reply, bool holds_all) {
    unsigned database_index = session.database_index_;
    cache::Database database(server_.keyspace, database_index, holds_all);
    if (!server_.monitors.idle() && (command.spec->flags & (flag::skip_monitor | flag::admin)) == 0) {
        server_.monitors.send(database_index, session.in_script_ ? "lua" : session.client_.address, args);
    }
    std::uint32_t changes_before = trace_.changes;
    std::uint32_t errors_before = reply.errors();
    trace_.nothing_logged = false;
    trace_.log_forms.clear();
    std::uint64_t began = CycleClock::now();
    trace_.unit = &unit_;
    command.spec->handler(database, args, reply, session);
    trace_.unit = nullptr;
    std::uint64_t cycles = CycleClock::now() - began;
    if (trace_.changes != changes_before && command.spec->access.writes()) note_in_unit(database_index, args);
    if (session.client_.tracking.on) follow(session, database, command, args);
    finish(session, command, args, reply, cycles, errors_before, database_index);
}

void Dispatcher::finish(Session& session, const Command& command, Args args, Reply& reply, std::uint64_t cycles,
                        std::uint32_t errors_before, unsigned database) {
    std::uint64_t ns = CycleClock::nanoseconds(cycles);
    auto& counts = stats_.commands[command.id];
    counts.record(ns);
    stats_.commands_processed.add();
    if (reply.errors() != errors_before) {
        counts.failed.add();
        count_error(reply);
    }
    (void)database;
    std::uint64_t us = ns / 1000;
    if (server_.slow_log.is_slow(us) && (command.spec->flags & flag::skip_slowlog) == 0) {
        auto& client = session.client_;
        std::string name;
        {
            std::lock_guard lock(client.mutex);
            name = client.name;
        }
        server_.slow_log.add(us, args, client.address, std::move(name));
    }
    auto threshold_ms = server_.settings.latency_threshold_ms.load(std::memory_order_relaxed);
    if (threshold_ms != 0 && us >= threshold_ms * 1000) {
        server_.latency.add((command.spec->flags & flag::fast) != 0 ? "fast-command" : "command", us / 1000);
    }
}

void Dispatcher::count_error(Reply& reply) {
    auto bytes = reply.buffer().view().substr(std::min(reply.last_error_at(), reply.buffer().size()));
    stats_.count_error(bytes.substr(0, bytes.find_first_of(" \r")));
}

void Dispatcher::enqueue(Session& session, const Request& request, Reply& reply) {
    auto& client = session.client_;
    auto& transaction = client.transaction;
    StoredCommand stored{request.command, {request.args.begin(), request.args.end()}};
    client.queued_bytes.fetch_add(stored.bytes(), std::memory_order_relaxed);
    transaction.queue.push_back(std::move(stored));
    transaction.grows |= (request.command->spec->flags & flag::denyoom) != 0;
    transaction.writes |= request.command->spec->access.writes() ||
                          (request.command->spec->flags & flag::may_replicate) != 0;
    client.queued_count.store(static_cast<std::int32_t>(transaction.queue.size()), std::memory_order_relaxed);
    reply.simple("QUEUED");
}

void Dispatcher::log_write(unsigned database, Args args) {
    auto* log = server_.log();
    if (log == nullptr || trace_.nothing_logged) return;
    if (trace_.log_forms.empty()) return log->append(database, args);
    std::vector<CommandLog::Write> writes;
    for (auto& form : trace_.log_forms) writes.push_back({database, std::move(form)});
    log->append_unit(writes);
}

void Dispatcher::note_in_unit(unsigned database, Args args) {
    if (server_.log() == nullptr || trace_.nothing_logged) return;
    if (trace_.log_forms.empty()) unit_.push_back({database, {args.begin(), args.end()}});
    for (auto& form : trace_.log_forms) unit_.push_back({database, std::move(form)});
}

void Dispatcher::flush_unit_log() {
    if (auto* log = server_.log(); log != nullptr && !unit_.empty()) log->append_unit(unit_);
    unit_.clear();
}

// Of a script, what its commands read; not what it declares.
void Dispatcher::follow(Session& session, cache::Database& database, const Command& command, Args args) {
    const bool is_script = command.spec->group == Group::scripting;
    if (!is_script && command.spec->access.reads()) remember_reads(session, database, command, args);
}

void Dispatcher::remember_reads(Session& session, cache::Database& database, const Command& command, Args args) {
    const auto& tracking = session.client_.tracking;
    bool wanted = !tracking.bcast;
    if (tracking.opt_in) wanted &= tracking.caching == TrackingState::Caching::yes;
    if (tracking.opt_out) wanted &= tracking.caching != TrackingState::Caching::no;
    if (!wanted && !tracking.bcast) return;
    std::vector<FoundKey> found;
    find_keys(*command.spec, args, found);
    auto* lookups = server_.services.read_through;
    for (const auto& key : found) {
        auto name = args[key.argument];
        if (wanted) server_.tracking.remember(name, session.client_id_);
        if (lookups == nullptr || lookups->empty()) continue;
        // A value that nothing watches is stale for the client at once.
        if (!lookups->track(database, name)) server_.tracking.invalidate(name, 0);
    }
}

cache::LockSet Dispatcher::lock_for(std::span<const CommandView> commands, std::span<const cache::KeyRef> also) {
    std::vector<cache::KeyRef> keys(also.begin(), also.end());
    for (const auto& [command, args] : commands) {
        if ((command->spec->flags & (flag::all_slices | flag::own_slices)) != 0) {
            return cache::LockSet::all(server_.keyspace);
        }
        found_.clear();
        find_keys(*command->spec, args, found_);
        for (const auto& key : found_) keys.emplace_back(args[key.argument]);
    }
    if (keys.empty()) return {};
    return cache::LockSet(server_.keyspace, keys);
}

}  // namespace sabil::proxy::resp
