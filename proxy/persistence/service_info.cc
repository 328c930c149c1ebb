// INFO's sections and the figures behind the metrics.
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "proxy/persistence/service.h"

namespace sabil::proxy::persistence {
namespace {

class Writer {
  public:
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    template <class Number>
        requires std::is_arithmetic_v<Number>
    void add(std::string name, Number value) {
        add(std::move(name), std::to_string(value));
    }
    void status(std::string name, bool ok) { add(std::move(name), std::string(ok ? "ok" : "err")); }
    void flag(std::string name, bool on) { add(std::move(name), std::string(on ? "1" : "0")); }
    void percent(std::string name, std::uint64_t part, std::uint64_t whole) {
        char text[32];
        std::snprintf(text, sizeof text, "%.2f",
                      whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
        add(std::move(name), std::string(text));
    }
    resp::Persistence::Fields take() { return std::move(fields_); }

  private:
    resp::Persistence::Fields fields_;
};

std::int64_t seconds_since(Statistics::Steady::time_point began) {
    return std::chrono::duration_cast<std::chrono::seconds>(Statistics::Steady::now() - began).count();
}

void write_snapshot_fields(const Statistics& now, Writer& writer) {
    writer.add("current_cow_peak", now.copied_bytes_peak);
    writer.add("current_cow_size", now.copied_bytes);
    writer.add("current_cow_size_age", 0);
    writer.percent("current_fork_perc", now.keys_processed, now.keys_total);
    writer.add("current_save_keys_processed", now.keys_processed);
    writer.add("current_save_keys_total", now.keys_total);
    writer.add("rdb_changes_since_last_save", now.changes_since_save);
    writer.flag("rdb_bgsave_in_progress", now.snapshot_running);
    writer.add("rdb_last_save_time", now.last_save_unix_seconds);
    writer.status("rdb_last_bgsave_status", now.last_snapshot_ok);
    writer.add("rdb_last_bgsave_time_sec", now.last_snapshot_seconds);
    writer.add("rdb_current_bgsave_time_sec", now.snapshot_running ? seconds_since(now.job_began) : -1);
    writer.add("rdb_saves", now.snapshots);
    writer.add("rdb_last_cow_size", now.last_snapshot_copied_bytes);
    writer.add("rdb_last_load_keys_expired", now.keys_expired_at_load);
    writer.add("rdb_last_load_keys_loaded", now.keys_loaded);
    writer.add("sabil_filled_restored", now.fills_restored);
    writer.add("sabil_filled_dropped", now.fills_dropped);
    writer.add("sabil_filled_drop_reason", now.fills_drop_reason);
}

void write_log_fields(const Statistics& now, Writer& writer) {
    writer.flag("aof_enabled", now.log_on);
    writer.flag("aof_rewrite_in_progress", now.rewrite_running);
    writer.flag("aof_rewrite_scheduled", now.rewrite_scheduled);
    writer.add("aof_last_rewrite_time_sec", now.last_rewrite_seconds);
    writer.add("aof_current_rewrite_time_sec", now.rewrite_running ? seconds_since(now.job_began) : -1);
    writer.status("aof_last_bgrewrite_status", now.last_rewrite_ok);
    writer.add("aof_rewrites", now.rewrites);
    writer.add("aof_rewrites_consecutive_failures", now.consecutive_rewrite_failures);
    writer.status("aof_last_write_status", now.log_write_ok);
    writer.add("aof_last_cow_size", now.last_rewrite_copied_bytes);
    writer.flag("module_fork_in_progress", false);
    writer.add("module_fork_last_cow_size", 0);
    if (!now.log_on) return;
    writer.add("aof_current_size", now.log_bytes);
    writer.add("aof_base_size", now.log_base_bytes);
    writer.flag("aof_pending_rewrite", now.rewrite_scheduled);
    writer.add("aof_buffer_length", now.log_buffered_bytes);
    writer.flag("aof_pending_bio_fsync", now.log_sync_pending);
    writer.add("aof_delayed_fsync", now.log_delayed_syncs);
}

}  // namespace

Statistics Service::statistics() const {
    const auto status = log_.writer().status();
    const auto changed = changes();
    std::lock_guard lock(mutex_);
    auto now = statistics_;
    now.changes_since_save = changed - std::min(changed, now.changes_at_save);
    now.snapshot_running = job_ == Job::snapshot;
    // A log that was turned on just now is about to be written.
    const bool awaited = running_ && options_.log && log_state_ == LogState::off;
    now.rewrite_running = job_ == Job::rewrite || (awaited && job_ == Job::none);
    now.rewrite_scheduled = rewrite_scheduled_ || (awaited && job_ == Job::snapshot);
    now.log_on = options_.log;
    now.log_write_ok = status.trouble.empty();
    now.log_trouble = status.trouble;
    now.log_bytes = log_bytes_before_.load() + status.file_bytes;
    now.log_buffered_bytes = status.buffered_bytes;
    now.log_sync_pending = status.sync_pending;
    now.log_delayed_syncs = status.delayed_syncs;
    now.log_records = log_.appended();
    now.keys_loaded = loading_.keys_loaded;
    now.keys_expired_at_load = loading_.keys_expired;
    now.loading = loading();
    const auto fills = warm_restart_.figures();
    now.fills_restored = fills.restored;
    now.fills_dropped = fills.dropped;
    now.fills_drop_reason = fills.reason;
    return now;
}

resp::Persistence::Fields Service::info() const {
    const auto now = statistics();
    Writer writer;
    writer.flag("loading", now.loading);
    writer.flag("async_loading", false);
    write_snapshot_fields(now, writer);
    write_log_fields(now, writer);
    if (!now.loading) return writer.take();
    const auto total = loading_.total_bytes.load();
    const auto loaded = std::max<std::uint64_t>(loading_.loaded_bytes.load(), 1);
    const auto began = loading_.started_unix_seconds.load();
    const auto elapsed = static_cast<std::uint64_t>(std::time(nullptr) - began);
    writer.add("loading_start_time", began);
    writer.add("loading_total_bytes", total);
    writer.add("loading_rdb_used_mem", 0);
    writer.add("loading_loaded_bytes", loading_.loaded_bytes.load());
    writer.percent("loading_loaded_perc", loading_.loaded_bytes.load(), total);
    writer.add("loading_eta_seconds", total > loaded ? elapsed * (total - loaded) / loaded : 0);
    return writer.take();
}

resp::Persistence::Fields Service::fork_info() const {
    std::lock_guard lock(mutex_);
    Writer writer;
    writer.add("latest_fork_usec", statistics_.last_fork_us);
    writer.add("total_forks", statistics_.forks);
    return writer.take();
}

}  // namespace sabil::proxy::persistence
