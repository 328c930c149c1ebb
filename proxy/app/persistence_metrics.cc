// sabil_persistence_*
#include "proxy/app/metrics.h"
#include "proxy/persistence/service.h"

namespace sabil::proxy::app {
namespace {

using observe::Emit;
using observe::MetricType;
using observe::Registry;
using persistence::Service;
using persistence::Statistics;

struct Row {
    MetricType type;
    std::string_view name;
    std::string_view help;
    double (*value)(const Statistics& now);
};

double number(std::uint64_t value) {
    return static_cast<double>(value);
}

constexpr auto gauge = MetricType::gauge;
constexpr auto counter = MetricType::counter;

constexpr Row rows[] = {
    {gauge, "sabil_persistence_loading", "1 while the data set is read from disk.",
     [](const Statistics& now) { return now.loading ? 1.0 : 0.0; }},
    {gauge, "sabil_persistence_changes_since_save", "Changes that the newest RDB file does not hold.",
     [](const Statistics& now) { return number(now.changes_since_save); }},
    {gauge, "sabil_persistence_last_save_timestamp_seconds", "When the RDB file was last written.",
     [](const Statistics& now) { return static_cast<double>(now.last_save_unix_seconds); }},
    {gauge, "sabil_persistence_last_save_bytes", "The size of the newest RDB file.",
     [](const Statistics& now) { return number(now.last_snapshot_bytes); }},
    {gauge, "sabil_persistence_filled_restored", "Entries filled from MySQL that came back at the start.",
     [](const Statistics& now) { return number(now.fills_restored); }},
    {gauge, "sabil_persistence_filled_dropped", "Saved ones that did not; INFO persistence tells why.",
     [](const Statistics& now) { return number(now.fills_dropped); }},
    {gauge, "sabil_persistence_last_save_ok", "0 where the last save failed.",
     [](const Statistics& now) { return now.last_snapshot_ok ? 1.0 : 0.0; }},
    {counter, "sabil_persistence_saves_total", "RDB files written.",
     [](const Statistics& now) { return number(now.snapshots); }},
    {counter, "sabil_persistence_save_failures_total", "RDB files that could not be written.",
     [](const Statistics& now) { return number(now.snapshot_failures); }},
    {counter, "sabil_persistence_rewrites_total", "Times the append-only file was written anew.",
     [](const Statistics& now) { return number(now.rewrites); }},
    {counter, "sabil_persistence_rewrite_failures_total", "Times that failed.",
     [](const Statistics& now) { return number(now.rewrite_failures); }},
    {counter, "sabil_persistence_forks_total", "Children forked to write the data set.",
     [](const Statistics& now) { return number(now.forks); }},
    {gauge, "sabil_persistence_last_fork_seconds", "How long the last fork held every client up.",
     [](const Statistics& now) { return static_cast<double>(now.last_fork_us) / 1e6; }},
    {gauge, "sabil_persistence_copied_bytes", "Memory copied because a child is at work; 0 where none is.",
     [](const Statistics& now) { return number(now.copied_bytes); }},
    {gauge, "sabil_persistence_log_enabled", "1 where an append-only file is kept.",
     [](const Statistics& now) { return now.log_on ? 1.0 : 0.0; }},
    {gauge, "sabil_persistence_log_ok", "0 while the append-only file cannot be written: writes are refused.",
     [](const Statistics& now) { return now.log_write_ok ? 1.0 : 0.0; }},
    {gauge, "sabil_persistence_log_bytes", "The size of the append-only file.",
     [](const Statistics& now) { return number(now.log_bytes); }},
    {gauge, "sabil_persistence_log_buffered_bytes", "What is not yet written to the append-only file.",
     [](const Statistics& now) { return number(now.log_buffered_bytes); }},
    {counter, "sabil_persistence_log_records_total", "Records appended.",
     [](const Statistics& now) { return number(now.log_records); }},
    {counter, "sabil_persistence_log_delayed_syncs_total", "Syncs that took longer than two seconds.",
     [](const Statistics& now) { return number(now.log_delayed_syncs); }},
};

}  // namespace

void register_persistence_metrics(Registry& registry, const Service& service) {
    for (const auto& row : rows) {
        registry.callback(row.type, row.name, row.help,
                          [&service, value = row.value](const Emit& emit) { emit({}, value(service.statistics())); });
    }
}

}  // namespace sabil::proxy::app
