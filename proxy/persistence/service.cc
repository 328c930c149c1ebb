// What other threads ask of persistence.
#include "proxy/persistence/service.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>
#include <ctime>

#include "cache/store/lock_set.h"
#include "cache/store/slice_lock.h"

namespace sabil::proxy::persistence {
namespace {

constexpr auto fork_patience = std::chrono::seconds(60);

}  // namespace

Service::Service(cache::Keyspace& keyspace) : keyspace_(keyspace) {
    // A file that may not grow is an error to report, not a reason to end.
    std::signal(SIGXFSZ, SIG_IGN);
    log_.writer().on_change([this] { update_attention(); });
    log_.on_crowded([this] { attention_.store(true, std::memory_order_relaxed); });
    statistics_.last_save_unix_seconds = std::time(nullptr);
}

Service::~Service() {
    stop();
}

Options Service::options() const {
    std::lock_guard lock(mutex_);
    return options_;
}

std::uint64_t Service::changes() const {
    return keyspace_.counters().changes + other_changes_.load(std::memory_order_relaxed);
}

void Service::wake() {
    {
        std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_all();
}

Result<void> Service::set_parameter(std::string_view name, std::string_view value) {
    bool turned = false;
    bool on = false;
    bool drops_history = false;
    {
        std::lock_guard lock(mutex_);
        const bool log_before = options_.log;
        if (!set_option(options_, name, value)) return {};
        on = options_.log;
        turned = running_ && on != log_before;
        drops_history = running_ && name == "aof-disable-auto-gc" && !options_.keep_history;
        log_.writer().set_annotate(options_.annotate_time);
    }
    if (name == "appendfsync") log_.set_policy(options().sync);
    if (drops_history) {
        if (auto dropped = files_.drop_history(); !dropped) spdlog::warn("{}", dropped.error().message);
    }
    Result<void> done;
    if (turned) done = turn_log(on);
    update_attention();
    wake();
    return done;
}

// Back when the log is off, or begun: its base is being written, or will be once another child is done.
Result<void> Service::turn_log(bool on) {
    Result<void> done;
    if (on) done = cache::make_folder(options().log_folder);
    // Within a transaction the supervisor follows later: it may need every slice.
    if (done && !cache::SliceGate::this_thread_holds_slices()) done = ask(log_asked_);
    if (done || !on) return done;
    spdlog::error("cannot begin the append-only file: {}", done.error().message);
    std::lock_guard lock(mutex_);
    options_.log = false;
    return fail(done.error().code, "Unable to turn on AOF. Check server logs. (" + done.error().message + ")");
}

void Service::update_attention() {
    const bool any = loading() || holds_writes() || !write_refusal().empty();
    attention_.store(any, std::memory_order_relaxed);
}

std::string Service::write_refusal() const {
    if (log_.writer().in_trouble()) {
        return "MISCONF Errors writing to the AOF file: " + log_.writer().status().trouble;
    }
    std::lock_guard lock(mutex_);
    if (statistics_.last_snapshot_ok || !options_.stop_writes_on_error || options_.save.empty()) return {};
    return "MISCONF Sabil is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands "
           "that may modify the data set are disabled, because this instance is configured to report errors during "
           "writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the logs for details "
           "about the RDB error: " +
           statistics_.last_snapshot_error;
}

// Waits for the supervisor, which may have to wait for a script.
Result<void> Service::ask(Asked& asked) {
    std::unique_lock lock(mutex_);
    if (!running_) return fail(ErrorCode::unavailable, "the server is starting or stopping");
    asked.asked = true;
    asked.result.reset();
    woken_ = true;
    wake_.notify_all();
    const bool answered = answered_.wait_for(lock, fork_patience, [&] { return asked.result || !running_; });
    if (!answered || !asked.result) return fail(ErrorCode::timeout, "the fork takes too long");
    return *asked.result;
}

void Service::answer(Asked& asked, Result<void> result) {
    {
        std::lock_guard lock(mutex_);
        asked.asked = false;
        asked.result = std::move(result);
    }
    answered_.notify_all();
}

Result<std::string> Service::save_in_background(BackgroundRequest request) {
    {
        std::lock_guard lock(mutex_);
        if (job_ == Job::snapshot || snapshot_asked_.asked) {
            return fail(ErrorCode::unavailable, "Background save already in progress");
        }
        if (job_ != Job::none && !request.schedule && !request.in_transaction) {
            return fail(ErrorCode::unavailable,
                        "Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order "
                        "to schedule a BGSAVE whenever possible.");
        }
        if (job_ != Job::none || request.in_transaction) {
            snapshot_scheduled_ = true;
            woken_ = true;
            wake_.notify_all();
            return std::string("Background saving scheduled");
        }
    }
    auto done = ask(snapshot_asked_);
    if (!done) return tl::unexpected(done.error());
    return std::string("Background saving started");
}

Result<std::string> Service::rewrite_log_in_background(BackgroundRequest request) {
    {
        std::lock_guard lock(mutex_);
        if (job_ == Job::rewrite || rewrite_asked_.asked) {
            return fail(ErrorCode::unavailable, "Background append only file rewriting already in progress");
        }
        if (job_ != Job::none || request.in_transaction) {
            rewrite_scheduled_ = true;
            statistics_.consecutive_rewrite_failures = 0;
            woken_ = true;
            wake_.notify_all();
            return std::string("Background append only file rewriting scheduled");
        }
    }
    auto done = ask(rewrite_asked_);
    if (!done) {
        return fail(done.error().code,
                    "Can't execute an AOF background rewriting. Please check the server logs for more information.");
    }
    return std::string("Background append only file rewriting started");
}

Result<void> Service::save() {
    {
        std::lock_guard lock(mutex_);
        if (job_ == Job::snapshot) return fail(ErrorCode::unavailable, "Background save already in progress");
    }
    return save_now("temp-" + std::to_string(::getpid()) + ".rdb");
}

// While everybody waits.
Result<void> Service::save_now(const std::string& temporary) {
    std::lock_guard saving(save_mutex_);
    Saved saved;
    auto filled = warm_restart_.snapshot();
    {
        auto locks = cache::LockSet::all(keyspace_);
        saved = write_now(temporary, std::move(filled));
    }
    return keep_saved(saved, temporary);
}

// With save_mutex_ and every slice held.
Service::Saved Service::write_now(const std::string& temporary, std::shared_ptr<const FilledSnapshot> filled) {
    Saved saved;
    saved.began = Steady::now();
    saved.changes = changes();
    SnapshotRequest request;
    request.path = temporary;
    request.libraries = replay_->libraries();
    request.filled = std::move(filled);
    saved.bytes = write_snapshot(keyspace_, options(), request);
    return saved;
}

Result<void> Service::keep_saved(const Saved& saved, const std::string& temporary) {
    const auto& written = saved.bytes;
    Result<void> done;
    if (!written) done = tl::unexpected(written.error());
    if (done) done = cache::rename_durably(temporary, options().rdb_name);
    if (done) ++saves_;
    {
        std::lock_guard lock(mutex_);
        statistics_.last_snapshot_ok = done.has_value();
        if (done) {
            statistics_.changes_at_save = saved.changes;
            statistics_.last_save_unix_seconds = std::time(nullptr);
            statistics_.last_snapshot_bytes = *written;
            statistics_.last_snapshot_error.clear();
            ++statistics_.snapshots;
        } else {
            statistics_.last_snapshot_error = done.error().message;
            ++statistics_.snapshot_failures;
        }
    }
    const std::chrono::duration<double> took = Steady::now() - saved.began;
    if (done) {
        spdlog::info("DB saved on disk: {} bytes in {:.3f} s", *written, took.count());
    } else {
        ::unlink(temporary.c_str());
        spdlog::error("Failed saving the DB: {}", done.error().message);
    }
    update_attention();
    return done;
}

// With every slice held. What is empty is saved at once, as Redis does; where somebody else is about to save, a
// snapshot follows.
void Service::data_set_emptied() {
    note_change();
    bool saves = false;
    {
        std::lock_guard lock(mutex_);
        saves = running_ && !options_.save.empty();
    }
    std::unique_lock saving(save_mutex_, std::try_to_lock);
    if (saves && saving) {
        const auto temporary = "temp-" + std::to_string(::getpid()) + ".rdb";
        saves = !keep_saved(write_now(temporary, nullptr), temporary);
    }
    emptied_.store(saves ? Emptied::to_be_saved : Emptied::saved, std::memory_order_relaxed);
    wake();
}

std::int64_t Service::last_save_unix_seconds() const {
    std::lock_guard lock(mutex_);
    return statistics_.last_save_unix_seconds;
}

Result<void> Service::prepare_shutdown(std::optional<bool> save, bool force) {
    const auto options = this->options();
    const bool saves = !loading() && save.value_or(!options.save.empty());
    shutting_ = true;
    update_attention();
    auto give_up = [&](const std::string& why) -> Result<void> {
        if (force) {
            spdlog::warn("{}; going down all the same", why);
            return {};
        }
        spdlog::error("{}, can't exit", why);
        shutting_ = false;
        update_attention();
        return fail(ErrorCode::io, why);
    };
    LogState state;
    {
        std::lock_guard lock(mutex_);
        state = log_state_;
    }
    if (state == LogState::waiting_for_base && !loading()) {
        if (auto done = give_up("Writing initial AOF"); !done) return done;
    }
    if (saves) {
        spdlog::info("Saving the final RDB snapshot before exiting.");
        auto saved = save_now("temp-" + std::to_string(::getpid()) + ".rdb");
        if (!saved) {
            if (auto done = give_up("Error trying to save the DB: " + saved.error().message); !done) return done;
        }
    }
    if (state != LogState::off) {
        spdlog::info("Calling fsync() on the AOF file.");
        if (auto flushed = log_.writer().flush(); !flushed) {
            if (auto done = give_up("Error flushing the AOF: " + flushed.error().message); !done) return done;
        }
    }
    save_again_ = saves;
    prepared_ = true;
    return {};
}

bool Service::stop() {
    if (supervising_.joinable()) {
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
            running_ = false;
        }
        wake_.notify_all();
        answered_.notify_all();
        supervising_.join();
    }
    bool whole = true;
    bool changed = false;
    {
        std::lock_guard lock(mutex_);
        changed = changes() != statistics_.changes_at_save;
    }
    if (save_again_.exchange(false) && changed && replay_) {
        whole = save_now("temp-" + std::to_string(::getpid()) + ".rdb").has_value();
    }
    if (auto closed = log_.writer().close(); !closed) {
        spdlog::error("the append-only file: {}", closed.error().message);
        whole = false;
    }
    return whole;
}

}  // namespace sabil::proxy::persistence
