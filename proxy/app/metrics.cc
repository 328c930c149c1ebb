#include "proxy/app/metrics.h"

#include "proxy/resp/resp_server.h"

namespace sabil::proxy::app {
namespace {

using cache::EntryClass;
using observe::Emit;
using observe::MetricType;
using observe::Registry;

double number(std::uint64_t value) {
    return static_cast<double>(value);
}

void by_class(Registry& registry, MetricType type, const char* name, const char* help,
              std::function<std::uint64_t(EntryClass)> read) {
    registry.callback(type, name, help, [read = std::move(read)](const Emit& emit) {
        emit({{"class", "filled"}}, number(read(EntryClass::filled)));
        emit({{"class", "owned"}}, number(read(EntryClass::owned)));
    });
}

void gauge(Registry& registry, const char* name, const char* help, std::function<double()> read) {
    registry.callback(MetricType::gauge, name, help, [read = std::move(read)](const Emit& emit) { emit({}, read()); });
}

}  // namespace

void register_store_metrics(Registry& registry, const cache::Keyspace& keyspace) {
    by_class(registry, MetricType::counter, "sabil_evictions_total", "Entries that had to make room.",
             [&](EntryClass of) {
                 auto counters = keyspace.counters();
                 return of == EntryClass::filled ? counters.evicted_filled : counters.evicted_owned;
             });
    registry.callback(MetricType::counter, "sabil_expired_total", "Keys removed because their time had come.",
                      [&](const Emit& emit) { emit({}, number(keyspace.counters().expired)); });
    by_class(registry, MetricType::gauge, "sabil_entries",
             "Entries in memory: filled from MySQL, and owned by clients of the RESP port.",
             [&](EntryClass of) { return keyspace.entries(of); });
    by_class(registry, MetricType::gauge, "sabil_memory_bytes", "Memory of the entries, by class.",
             [&](EntryClass of) { return keyspace.memory_bytes(of); });
    gauge(registry, "sabil_maxmemory_bytes", "The memory budget; 0 is none.",
          [&] { return number(keyspace.tunables().maxmemory_bytes); });
}

void register_coherence_metrics(Registry& registry, const Coherence* coherence) {
    registry.callback(MetricType::gauge, "sabil_coherence_mode", "1 on the coherence mode in force.",
                      [coherence](const Emit& emit) {
                          auto in_force = coherence == nullptr ? CoherenceMode::off : coherence->mode();
                          for (auto mode : {CoherenceMode::coherent, CoherenceMode::best_effort, CoherenceMode::in_path,
                                            CoherenceMode::ttl, CoherenceMode::off}) {
                              emit({{"mode", std::string(coherence_mode_name(mode))}}, mode == in_force ? 1 : 0);
                          }
                      });
    if (coherence == nullptr) return;
    registry.callback(MetricType::counter, "sabil_invalidations_total",
                      "What made entries stale: groups of the binlog applied, writes seen in the path, changes of "
                      "definitions, new epochs, purges.",
                      [coherence](const Emit& emit) {
                          auto status = coherence->status();
                          std::uint64_t epochs = 0;
                          for (const auto& [reason, count] : status.epochs_by_reason) epochs += count;
                          emit({{"source", "binlog"}}, number(status.groups));
                          emit({{"source", "in_path"}}, number(status.path_writes));
                          emit({{"source", "ddl"}}, number(status.definition_changes));
                          emit({{"source", "epoch"}}, number(epochs));
                      });
    registry.callback(MetricType::counter, "sabil_epochs_total",
                      "Epochs begun since the start, the first one left out: everything filled before became stale.",
                      [coherence](const Emit& emit) {
                          for (const auto& [reason, count] : coherence->status().epochs_by_reason) {
                              emit({{"reason", reason}}, number(count));
                          }
                      });
    gauge(registry, "sabil_binlog_lag_seconds", "Age of the newest change applied, by the server's clock; 0 at rest.",
          [coherence] { return coherence->status().lag_seconds; });
    gauge(registry, "sabil_freshness_horizon_seconds", "How old an answer from memory can be at most.",
          [coherence] { return coherence->status().horizon_seconds; });
}

void register_resp_metrics(Registry& registry, const resp::RespServer& server) {
    registry.callback(MetricType::counter, "sabil_commands_total", "RESP commands run, by name.",
                      [&](const Emit& emit) {
                          for (const auto& [name, calls] : server.calls_by_command()) {
                              emit({{"command", name}}, number(calls));
                          }
                      });
    registry.callback(MetricType::gauge, "sabil_connections", "Client connections open.", [&](const Emit& emit) {
        emit({{"face", "resp"}}, number(server.counters().connections));
    });
}

}  // namespace sabil::proxy::app
