// Runs commands: checks, slices, the handler, and what follows from it. One per worker.
#pragma once

#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "proxy/resp/command_log.h"
#include "proxy/resp/command_table.h"
#include "proxy/resp/command_trace.h"
#include "proxy/resp/fill_round.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace sabil::proxy::resp {

// A command as it was read, with what could be found out before its turn.
struct Request {
    const Command* command = nullptr;  // null: unknown name
    Args args;
    cache::KeyRef first_key;  // where command->single_key
};

enum class RunOutcome : std::uint8_t {
    replied,
    waits,   // blocked: see take_waiter(); the reply comes from whoever serves it, or the time-out
    fills,   // start the round, and run the request again when it is complete
    paused,  // CLIENT PAUSE: run the request again later
};

// Thread-safety: its worker's thread.
class Dispatcher {
  public:
    Dispatcher(ServerState& server, net::Worker& worker);
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    Request resolve(Args args) const noexcept;
    // Runs one request to its reply, or says what it waits for. `round` carries the fills made for it so far; null
    // before the first.
    RunOutcome run(Session& session, const Request& request, Reply& reply, std::shared_ptr<FillRound>& round);
    // Of the last run that gave RunOutcome::waits.
    std::shared_ptr<Waiter> take_waiter() noexcept { return std::move(waiter_); }
    // Gives a waiter up; false where it was already served (its reply is under way).
    bool give_up(const std::shared_ptr<Waiter>& waiter);
    // Counts the call of one that was given up.
    void count_given_up(const Waiter& waiter, bool failed);

    // Runs a command of a log that is being read back: its slices, the handler, no checks. False: the reply is an error.
    bool replay(Session& session, Args args, Reply& reply);

    // Runs a command inside a running one that holds its slices (EXEC, scripts): handler, statistics, log; no checks.
    void call_inside(Session& session, const Command& command, Args args, Reply& reply, bool holds_all);
    // Writes the log of what call_inside() changed, as one unit. The caller still holds its slices.
    void flush_unit_log();

    struct CommandView {
        const Command* command = nullptr;
        Args args;
    };
    // The union of the slices of several commands and keys; every slice, where one of the commands needs that.
    cache::LockSet lock_for(std::span<const CommandView> commands, std::span<const cache::KeyRef> also);

    // Whether the client may run this command now; writes the error otherwise. For scripts, whose commands are not
    // read from a client.
    bool permitted(Session& session, const Command& command, Args args, Reply& reply, std::string_view context);
    bool make_room(const Command& command, Reply& reply);
    // True, with the error written, where the command would write to a key that a lookup fills.
    bool refuses_lookup_write(const Command& command, Args args, Reply& reply) const;

    // Whether WAITAOF, which runs now, found what it waited for on disk.
    bool log_reached() const noexcept { return log_reached_; }

    // Called in the middle of a running script, every few thousand instructions.
    void during_script() {
        if (during_script_) during_script_();
    }
    void set_during_script(std::function<void()> serve) { during_script_ = std::move(serve); }

    ServerState& server() noexcept { return server_; }
    WorkerStats& stats() noexcept { return stats_; }

  private:
    bool is_write(const Session& session, const Command& command, Args args);
    bool is_read_only_script(const Command& command, Args args);
    bool admit(Session& session, const Request& request, Reply& reply);
    bool admit_by_persistence(const Session& session, const Command& command, Reply& reply) const;
    bool admit_in_state(Session& session, const Command& command, Reply& reply);
    void reject(Session& session, const Request& request, Reply& reply, std::size_t reply_at);
    void enqueue(Session& session, const Request& request, Reply& reply);
    RunOutcome run_now(Session& session, const Request& request, Reply& reply, std::shared_ptr<FillRound>& round);
    RunOutcome run_held(Session& session, const Request& request, Reply& reply, std::shared_ptr<FillRound>& round,
                        bool holds_all);
    bool prepare_fills(Session& session, const Request& request, Reply& reply, std::shared_ptr<FillRound>& round,
                       std::vector<std::string>& one_shots, bool& wants);
    bool prepare_fill(cache::Database& database, std::string_view key, Reply& reply,
                      std::shared_ptr<FillRound>& round, std::vector<std::string>& one_shots, bool& wants);
    void finish(Session& session, const Command& command, Args args, Reply& reply, std::uint64_t cycles,
                std::uint32_t errors_before, unsigned database);
    void log_write(unsigned database, Args args);
    void note_in_unit(unsigned database, Args args);
    void follow(Session& session, cache::Database& database, const Command& command, Args args);
    void remember_reads(Session& session, cache::Database& database, const Command& command, Args args);
    bool reads_lookups(Session& session, const Request& request) const;
    void count_error(Reply& reply);
    void register_waiter(Session& session, const Request& request);
    void serve_ready_keys();
    bool awaits_log(const Session& session, const Request& request);
    bool refuse_waiter(const Waiter& waiter, Args args);
    bool serve_waiter(const std::shared_ptr<Waiter>& waiter, const ReadyKey& ready);

    ServerState& server_;
    net::Worker& worker_;
    WorkerStats& stats_;
    CommandTrace trace_;
    std::shared_ptr<Waiter> waiter_;
    std::vector<FoundKey> found_;      // reused
    std::vector<cache::KeyRef> refs_;  // reused
    std::vector<CommandLog::Write> unit_;
    OutputBuffer waiter_output_;
    std::function<void()> during_script_;
    bool waits_for_script_ = false;  // of the request that admit() refused
    bool serving_ = false;
    // Clients whose WAITAOF is tried again and again until the log is on disk up to their position, or the time is up.
    struct LogWait {
        std::uint64_t position = 0;
        std::chrono::steady_clock::time_point until;
    };
    std::unordered_map<std::uint64_t, LogWait> log_waits_;  // by client
    bool log_reached_ = false;
    std::uint32_t lookup_hits_ = 0;  // keys of lookups that the command at hand found in memory
};

}  // namespace sabil::proxy::resp
