#include "proxy/resp/client_memory.h"
#include "proxy/resp/info_sections.h"

#include "cache/base/heap.h"
#include "cache/store/lock_set.h"

#include "proxy/resp/persistence.h"
#include "proxy/resp/sabil_admin.h"
#include "proxy/resp/server_identity.h"
#include "proxy/resp/server_state.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

namespace sabil::proxy::resp {
namespace {

std::string human(std::uint64_t bytes) {
    constexpr std::string_view units[] = {"B", "K", "M", "G", "T", "P"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < std::size(units)) {
        value /= 1024;
        ++unit;
    }
    char text[32];
    int n = std::snprintf(text, sizeof text, unit == 0 ? "%.0f" : "%.2f", value);
    return std::string(text, static_cast<std::size_t>(n)) += units[unit];
}

std::uint64_t physical_bytes() {
    auto pages = ::sysconf(_SC_PHYS_PAGES);
    auto size = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : 0;
}

void write_server(ServerState& server, InfoWriter& writer) {
    utsname system{};
    ::uname(&system);
    auto uptime = std::chrono::steady_clock::now() - server.started_at;
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(uptime).count();
    auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count();
    char path[4096];
    auto path_size = ::readlink("/proc/self/exe", path, sizeof path);
    writer.text("redis_version", redis_version);
    writer.text("server_name", server_name);
    writer.text("sabil_version", sabil_version());
    writer.text("redis_git_sha1", "00000000");
    writer.number("redis_git_dirty", 0);
    writer.text("redis_build_id", "0");
    writer.text("redis_mode", "standalone");
    writer.text("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
    writer.number("arch_bits", 64);
    writer.text("monotonic_clock", "POSIX clock_gettime");
    writer.text("multiplexing_api", "epoll");
    writer.text("atomicvar_api", "c11-builtin");
    writer.text("gcc_version", __VERSION__);
    writer.number("process_id", ::getpid());
    writer.text("process_supervised", "no");
    writer.text("run_id", server.run_id);
    writer.number("tcp_port", server.tcp_port.load());
    writer.number("server_time_usec", now);
    writer.number("uptime_in_seconds", seconds);
    writer.number("uptime_in_days", seconds / 86400);
    writer.text("hz", server.config.value("hz"));
    writer.text("configured_hz", server.config.value("hz"));
    writer.number("lru_clock", now / 1'000'000 & 0xffffff);
    writer.text("executable", std::string_view(path, path_size > 0 ? static_cast<std::size_t>(path_size) : 0));
    writer.text("config_file", server.config.file());
    writer.number("io_threads_active", server.workers.size() > 1 ? 1 : 0);
    writer.number("worker_threads", server.workers.size());
}

WaiterRegistry::KeyCounts awaited_keys(ServerState& server) {
    if (server.waiters.empty()) return {};
    auto locks = cache::LockSet::all(server.keyspace);
    return server.waiters.count_keys();
}

void write_clients(ServerState& server, InfoWriter& writer) {
    std::size_t pubsub = 0, tracking = 0, watching = 0, blocked = 0, input_max = 0, output_max = 0;
    for (const auto& client : server.clients.all()) {
        pubsub += client->channels_count + client->patterns_count + client->shard_channels_count != 0 ? 1 : 0;
        tracking += client->tracking_on ? 1 : 0;
        blocked += client->blocked ? 1 : 0;
        watching += client->watch_count != 0 ? 1 : 0;
        input_max = std::max<std::size_t>(input_max, client->query_capacity_bytes);
        output_max = std::max<std::size_t>(output_max, client->output_bytes);
    }
    writer.number("connected_clients", server.clients.size());
    writer.number("cluster_connections", 0);
    writer.number("maxclients", server.settings.maxclients.load());
    writer.number("client_recent_max_input_buffer", input_max);
    writer.number("client_recent_max_output_buffer", output_max);
    writer.number("blocked_clients", blocked);
    writer.number("tracking_clients", tracking);
    writer.number("pubsub_clients", pubsub);
    writer.number("watching_clients", watching);
    writer.number("clients_in_timeout_table", server.waiters.size());
    writer.number("total_watched_keys", server.watches.keys_count());
    const auto awaited = awaited_keys(server);
    writer.number("total_blocking_keys", awaited.all);
    writer.number("total_blocking_keys_on_nokey", awaited.until_gone);
}

void write_memory(ServerState& server, InfoWriter& writer) {
    auto& keyspace = server.keyspace;
    constexpr std::uint64_t empty_bytes = 1024;  // of a server without data: as maxmemory counts
    std::uint64_t clients = 0;
    for (const auto& client : server.clients.all()) clients += client_bytes(*client);
    const auto used = keyspace.memory_bytes() + empty_bytes;
    auto resident = resident_bytes();
    auto dataset = keyspace.memory_bytes(cache::EntryClass::owned) + keyspace.memory_bytes(cache::EntryClass::filled);
    dataset -= std::min(dataset, clients);
    auto ratio = used == 0 ? 1.0 : static_cast<double>(resident) / static_cast<double>(used);
    char percent[16];
    std::snprintf(percent, sizeof percent, "%.2f%%",
                  used == 0 ? 0.0 : 100.0 * static_cast<double>(dataset) / static_cast<double>(used));
    writer.bytes("used_memory", used);
    writer.bytes("used_memory_rss", resident);
    writer.bytes("used_memory_peak", std::max(keyspace.memory_peak_bytes(), used));
    writer.number("used_memory_overhead", used - std::min(used, dataset));
    writer.number("used_memory_startup", empty_bytes);
    writer.number("used_memory_dataset", dataset);
    writer.text("used_memory_dataset_perc", percent);
    writer.number("allocator_allocated", used);
    const auto waste = heap::waste();
    writer.number("allocator_active", used + waste.unused_bytes);
    writer.number("allocator_resident", resident);
    writer.bytes("total_system_memory", physical_bytes());
    writer.bytes("used_memory_lua", server.scripting.memory_bytes());
    writer.bytes("used_memory_scripts", server.scripting.memory_bytes());
    writer.number("used_memory_vm_eval", server.scripting.memory_bytes());
    writer.number("used_memory_vm_functions", server.scripting.memory_bytes());
    writer.bytes("used_memory_vm_total", server.scripting.memory_bytes());
    writer.number("number_of_cached_scripts", server.scripting.scripts_count());
    writer.number("number_of_functions", server.scripting.functions_count());
    writer.number("number_of_libraries", server.scripting.libraries_count());
    writer.bytes("maxmemory", keyspace.tunables().maxmemory_bytes);
    writer.text("maxmemory_policy", cache::eviction_policy_text(keyspace.tunables().maxmemory_policy));
    writer.fixed("allocator_frag_ratio", static_cast<double>(used + waste.unused_bytes) / static_cast<double>(used), 2);
    writer.number("allocator_frag_bytes", waste.unused_bytes);
    writer.fixed("allocator_rss_ratio", static_cast<double>(resident) / static_cast<double>(used + waste.unused_bytes), 2);
    writer.number("allocator_rss_bytes",
                  static_cast<std::int64_t>(resident) - static_cast<std::int64_t>(used + waste.unused_bytes));
    writer.fixed("mem_fragmentation_ratio", ratio, 2);
    writer.number("mem_fragmentation_bytes", static_cast<std::int64_t>(resident) - static_cast<std::int64_t>(used));
    writer.number("mem_not_counted_for_evict", 0);
    writer.number("mem_clients_slaves", 0);
    writer.number("mem_clients_normal", clients);
    writer.text("mem_allocator", "libc");
    writer.number("active_defrag_running",
                  keyspace.defragmenting() ? std::uint32_t{keyspace.tunables().defragment_cpu_percent} : 0U);
    writer.number("lazyfree_pending_objects", keyspace.lazy_free_pending());
    writer.number("lazyfreed_objects", keyspace.lazy_freed());
    writer.number("sabil_memory_owned", keyspace.memory_bytes(cache::EntryClass::owned));
    writer.number("sabil_memory_filled", keyspace.memory_bytes(cache::EntryClass::filled));
}

void write_persistence(ServerState& server, InfoWriter& writer) {
    const auto* persistence = server.services.persistence;
    if (persistence != nullptr) {
        for (const auto& [name, value] : persistence->info()) writer.text(name, value);
        return;
    }
    writer.number("loading", 0);
    writer.number("async_loading", 0);
    writer.number("rdb_changes_since_last_save", server.keyspace.counters().changes);
    writer.number("rdb_bgsave_in_progress", 0);
    writer.number("rdb_last_save_time", 0);
    writer.text("rdb_last_bgsave_status", "ok");
    writer.number("aof_enabled", 0);
    writer.number("aof_rewrite_in_progress", 0);
    writer.text("aof_last_bgrewrite_status", "ok");
    writer.text("aof_last_write_status", "ok");
}

void write_replication(ServerState& server, InfoWriter& writer) {
    writer.text("role", "master");
    writer.number("connected_slaves", 0);
    writer.text("master_failover_state", "no-failover");
    writer.text("master_replid", server.run_id);
    writer.text("master_replid2", "0000000000000000000000000000000000000000");
    writer.number("master_repl_offset", 0);
    writer.number("second_repl_offset", -1);
    writer.number("repl_backlog_active", 0);
    writer.number("repl_backlog_size", 1048576);
    writer.number("repl_backlog_first_byte_offset", 0);
    writer.number("repl_backlog_histlen", 0);
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void write_cpu(ServerState&, InfoWriter& writer) {
    rusage self{};
    rusage children{};
    ::getrusage(RUSAGE_SELF, &self);
    ::getrusage(RUSAGE_CHILDREN, &children);
    writer.fixed("used_cpu_sys", seconds_of(self.ru_stime), 6);
    writer.fixed("used_cpu_user", seconds_of(self.ru_utime), 6);
    writer.fixed("used_cpu_sys_children", seconds_of(children.ru_stime), 6);
    writer.fixed("used_cpu_user_children", seconds_of(children.ru_utime), 6);
}

void write_modules(ServerState&, InfoWriter&) {}

void write_cluster(ServerState&, InfoWriter& writer) {
    writer.number("cluster_enabled", 0);
}

void write_keyspace(ServerState& server, InfoWriter& writer) {
    auto& keyspace = server.keyspace;
    for (unsigned i = 0; i < keyspace.databases_count(); ++i) {
        auto keys = keyspace.size(i);
        if (keys == 0) continue;
        writer.text("db" + std::to_string(i), "keys=" + std::to_string(keys) +
                                                  ",expires=" + std::to_string(keyspace.volatile_size(i)) +
                                                  ",avg_ttl=0,subexpiry=0");
    }
}

std::string one_line(std::string text) {
    std::replace_if(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
    return text;
}

// What SABIL STATUS tells, where there is a database behind: above all the coherence mode in force.
void write_sabil(ServerState& server, InfoWriter& writer) {
    auto* admin = server.services.admin;
    if (admin == nullptr) return;
    auto status = admin->status();
    bool has_database = std::none_of(status.begin(), status.end(), [](const auto& field) {
        return field.first == "mode" && field.second == AdminValue(std::string("off"));
    });
    if (!has_database) return;
    for (const auto& [name, value] : status) {
        auto full = "sabil_" + name;
        if (const auto* text = std::get_if<std::string>(&value)) writer.text(full, one_line(*text));
        if (const auto* number = std::get_if<std::int64_t>(&value)) writer.number(full, *number);
        if (const auto* real = std::get_if<double>(&value)) writer.fixed(full, *real, 6);
        if (const auto* yes = std::get_if<bool>(&value)) writer.number(full, *yes ? 1 : 0);
    }
}

constexpr InfoSection sections[] = {
    {"server", "Server", true, true, write_server},
    {"clients", "Clients", true, true, write_clients},
    {"memory", "Memory", true, true, write_memory},
    {"persistence", "Persistence", true, true, write_persistence},
    {"stats", "Stats", true, true, write_stats_section},
    {"replication", "Replication", true, true, write_replication},
    {"cpu", "CPU", true, true, write_cpu},
    {"modules", "Modules", true, true, write_modules},
    {"commandstats", "Commandstats", false, true, write_command_stats_section},
    {"errorstats", "Errorstats", true, true, write_error_stats_section},
    {"latencystats", "Latencystats", false, true, write_latency_stats_section},
    {"cluster", "Cluster", true, true, write_cluster},
    {"sabil", "Sabil", true, true, write_sabil},
    {"keyspace", "Keyspace", true, true, write_keyspace},
};

}  // namespace

std::span<const InfoSection> info_sections() noexcept {
    return sections;
}

void InfoWriter::text(std::string_view name, std::string_view value) {
    out_.append(name).append(":").append(value).append("\r\n");
}

void InfoWriter::number(std::string_view name, std::int64_t value) {
    text(name, std::to_string(value));
}

void InfoWriter::fixed(std::string_view name, double value, int decimals) {
    char buffer[64];
    int n = std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
    text(name, {buffer, static_cast<std::size_t>(n)});
}

void InfoWriter::bytes(std::string_view name, std::uint64_t value) {
    number(name, value);
    text(std::string(name) + "_human", human(value));
}

std::uint64_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    in >> total >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace sabil::proxy::resp
