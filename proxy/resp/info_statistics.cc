// The sections of INFO that are sums over the workers' counters.
#include "proxy/resp/args.h"
#include "proxy/resp/info_sections.h"
#include "proxy/resp/migration.h"
#include "proxy/resp/persistence.h"
#include "proxy/resp/server_state.h"

#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>

namespace sabil::proxy::resp {
namespace {

template <class Member>
std::uint64_t sum(const ServerState& server, Member member) {
    std::uint64_t out = 0;
    for (const auto& stats : server.stats) out += (stats.get()->*member).get();
    return out;
}

struct CommandTotals {
    std::uint64_t calls = 0, nanoseconds = 0, rejected = 0, failed = 0;
    std::uint64_t buckets[CommandCounts::buckets_count] = {};
};

CommandTotals totals(const ServerState& server, const Command& command) {
    CommandTotals out;
    for (const auto& stats : server.stats) {
        const auto& counts = stats->commands[command.id];
        out.calls += counts.calls.get();
        out.nanoseconds += counts.nanoseconds.get();
        out.rejected += counts.rejected.get();
        out.failed += counts.failed.get();
        for (std::size_t i = 0; i < CommandCounts::buckets_count; ++i) out.buckets[i] += counts.latency[i].get();
    }
    return out;
}

// Microseconds below which this share of the calls stayed: the upper edge of the bucket that reaches it.
double percentile(const CommandTotals& command, double percent) {
    auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(command.calls) * percent / 100));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < CommandCounts::buckets_count; ++i) {
        seen += command.buckets[i];
        if (seen >= wanted && seen != 0) return static_cast<double>(std::uint64_t{1} << i) + 0.003;
    }
    return 0;
}

std::string decimals(double value, int count) {
    char text[48];
    int n = std::snprintf(text, sizeof text, "%.*f", count, value);
    return {text, static_cast<std::size_t>(n)};
}

}  // namespace

void write_stats_section(ServerState& server, InfoWriter& writer) {
    auto counters = server.keyspace.counters();
    writer.number("total_connections_received", sum(server, &WorkerStats::connections_received));
    writer.number("total_commands_processed", sum(server, &WorkerStats::commands_processed));
    writer.number("instantaneous_ops_per_sec", server.rates.commands_per_second());
    writer.number("total_net_input_bytes", sum(server, &WorkerStats::bytes_in));
    writer.number("total_net_output_bytes", sum(server, &WorkerStats::bytes_out));
    writer.number("total_net_repl_input_bytes", 0);
    writer.number("total_net_repl_output_bytes", 0);
    writer.fixed("instantaneous_input_kbps", server.rates.input_kilobytes_per_second(), 2);
    writer.fixed("instantaneous_output_kbps", server.rates.output_kilobytes_per_second(), 2);
    writer.number("rejected_connections", sum(server, &WorkerStats::connections_rejected));
    writer.number("sync_full", 0);
    writer.number("sync_partial_ok", 0);
    writer.number("sync_partial_err", 0);
    writer.number("expired_subkeys", counters.expired_fields);
    writer.number("expired_keys", counters.expired);
    writer.fixed("expired_stale_perc", 0, 2);
    writer.number("expired_time_cap_reached_count", 0);
    writer.number("evicted_keys", counters.evicted_owned + counters.evicted_filled);
    writer.number("evicted_clients", sum(server, &WorkerStats::evicted_clients));
    writer.number("total_eviction_exceeded_time", 0);
    writer.number("current_eviction_exceeded_time", 0);
    writer.number("keyspace_hits", counters.hits);
    writer.number("keyspace_misses", counters.misses);
    writer.number("pubsub_channels", server.pubsub.channels_count(ChannelKind::plain));
    writer.number("pubsub_patterns", server.pubsub.patterns_count());
    writer.number("pubsubshard_channels", server.pubsub.channels_count(ChannelKind::shard));
    if (const auto* persistence = server.services.persistence; persistence != nullptr) {
        for (const auto& [name, value] : persistence->fork_info()) writer.text(name, value);
    }
    writer.number("migrate_cached_sockets", idle_migration_links_count());
    writer.number("active_defrag_hits", counters.moved_blocks);
    writer.number("total_active_defrag_time", counters.defragment_us / 1000);
    writer.number("tracking_total_keys", server.tracking.keys_count());
    writer.number("tracking_total_items", server.tracking.items_count());
    writer.number("tracking_total_prefixes", server.tracking.prefixes_count());
    writer.number("unexpected_error_replies", sum(server, &WorkerStats::unexpected_errors));
    writer.number("total_error_replies", sum(server, &WorkerStats::errors));
    // A turn begins with a read; what it does is its commands.
    std::uint64_t worked_ns = 0;
    for (const auto& command : command_table().all()) worked_ns += totals(server, *command).nanoseconds;
    writer.number("eventloop_cycles", sum(server, &WorkerStats::reads));
    writer.number("eventloop_duration_sum", worked_ns / 1000);
    writer.number("eventloop_duration_cmd_sum", worked_ns / 1000);
    writer.number("total_reads_processed", sum(server, &WorkerStats::reads));
    writer.number("total_writes_processed", sum(server, &WorkerStats::writes));
    writer.number("client_query_buffer_limit_disconnections", sum(server, &WorkerStats::query_buffer_closed));
    writer.number("client_output_buffer_limit_disconnections", sum(server, &WorkerStats::output_buffer_closed));
    writer.number("acl_access_denied_auth", sum(server, &WorkerStats::auth_denied));
    writer.number("acl_access_denied_cmd", sum(server, &WorkerStats::acl_denied_command));
    writer.number("acl_access_denied_key", sum(server, &WorkerStats::acl_denied_key));
    writer.number("acl_access_denied_channel", sum(server, &WorkerStats::acl_denied_channel));
    writer.number("filled_evicted", counters.evicted_filled);
    writer.number("filled_dropped", counters.dropped_filled);
}

void write_command_stats_section(ServerState& server, InfoWriter& writer) {
    for (const auto& command : command_table().all()) {
        auto t = totals(server, *command);
        if (t.calls == 0 && t.rejected == 0 && t.failed == 0) continue;
        double per_call = t.calls == 0 ? 0 : static_cast<double>(t.nanoseconds) / 1000 / static_cast<double>(t.calls);
        writer.text("cmdstat_" + command->name,
                    "calls=" + std::to_string(t.calls) + ",usec=" + std::to_string(t.nanoseconds / 1000) +
                        ",usec_per_call=" + decimals(per_call, 2) + ",rejected_calls=" + std::to_string(t.rejected) +
                        ",failed_calls=" + std::to_string(t.failed));
    }
}

void write_error_stats_section(ServerState& server, InfoWriter& writer) {
    std::map<std::string, std::uint64_t> errors;
    for (const auto& stats : server.stats) stats->add_errors_to(errors);
    for (const auto& [code, count] : errors) writer.text("errorstat_" + code, "count=" + std::to_string(count));
}

void write_latency_stats_section(ServerState& server, InfoWriter& writer) {
    if (!server.settings.latency_tracking) return;
    auto setting = server.config.value("latency-tracking-info-percentiles");
    for (const auto& command : command_table().all()) {
        auto t = totals(server, *command);
        if (t.calls == 0) continue;
        std::istringstream percents(setting);
        std::string line;
        for (std::string percent; percents >> percent;) {
            auto value = to_double(percent);
            if (!value) continue;
            if (!line.empty()) line += ',';
            line += "p" + percent + "=" + decimals(percentile(t, *value), 3);
        }
        writer.text("latency_percentiles_usec_" + command->name, line);
    }
}

}  // namespace sabil::proxy::resp
