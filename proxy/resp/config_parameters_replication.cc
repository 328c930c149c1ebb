// Parameters of replication, clustering and TLS. A single node without replication takes their values and shows them.
#include "proxy/resp/config_parameter_groups.h"
#include "proxy/resp/config_rows.h"
#include "proxy/resp/server_state.h"

namespace sabil::proxy::resp {
namespace {

using namespace config_rows;

constexpr std::string_view diskless_choices[] = {"disabled", "on-empty-db", "swapdb"};
constexpr std::string_view endpoint_choices[] = {"ip", "hostname", "unknown-endpoint"};
constexpr std::string_view propagation_choices[] = {"ignore", "panic", "panic-on-replicas"};

constexpr Parameter alias(Parameter parameter, std::string_view other_name) {
    parameter.alias = other_name;
    return parameter;
}

constexpr Parameter rows[] = {
    text("tls-ca-cert-dir", ""),
    text("tls-ca-cert-file", ""),
    text("tls-cert-file", ""),
    text("tls-ciphers", ""),
    text("tls-ciphersuites", ""),
    text("tls-client-cert-file", ""),
    text("tls-client-key-file", ""),
    text("tls-client-key-file-pass", ""),
    text("tls-dh-params-file", ""),
    text("tls-key-file", ""),
    text("tls-key-file-pass", ""),
    text("tls-protocols", ""),
    yes_no("tls-cluster", false),
    yes_no("tls-prefer-server-ciphers", false),
    yes_no("tls-replication", false),
    yes_no("tls-session-caching", true),
    text("tls-auth-clients", "yes"),
    number("tls-port", "0", 0, 65535),
    number("tls-session-cache-size", "20480", 0, int_max),
    number("tls-session-cache-timeout", "300", 0, int_max),
    number("replica-priority", "100", 0, int_max, nullptr, 0, "slave-priority"),
    number("min-replicas-to-write", "0", 0, int_max, nullptr, 0, "min-slaves-to-write"),
    number("min-replicas-max-lag", "10", 0, int_max, nullptr, 0, "min-slaves-max-lag"),
    number("repl-timeout", "60", 1, int_max),
    number("repl-ping-replica-period", "10", 1, int_max, nullptr, 0, "repl-ping-slave-period"),
    number("repl-diskless-sync-delay", "5", 0, int_max),
    number("repl-diskless-sync-max-replicas", "0", 0, int_max),
    number("repl-backlog-ttl", "3600", 0, long_max),
    number("replica-announce-port", "0", 0, 65535, nullptr, 0, "slave-announce-port"),
    number("cluster-node-timeout", "15000", 0, long_max),
    number("cluster-port", "0", 0, 65535),
    number("cluster-announce-port", "0", 0, 65535),
    number("cluster-announce-bus-port", "0", 0, 65535),
    number("cluster-announce-tls-port", "0", 0, 65535),
    number("cluster-migration-barrier", "1", 0, int_max),
    number("cluster-replica-validity-factor", "10", 0, int_max, nullptr, 0, "cluster-slave-validity-factor"),
    size("repl-backlog-size", "1mb"),
    size("cluster-link-sendbuf-limit", "0"),
    alias(yes_no("replica-ignore-maxmemory", true), "slave-ignore-maxmemory"),
    alias(yes_no("replica-serve-stale-data", true), "slave-serve-stale-data"),
    alias(yes_no("replica-read-only", true), "slave-read-only"),
    alias(yes_no("replica-lazy-flush", false), "slave-lazy-flush"),
    yes_no("replica-announced", true),
    yes_no("replica-ignore-disk-write-errors", false),
    yes_no("repl-diskless-sync", true),
    yes_no("repl-disable-tcp-nodelay", false),
    yes_no("cluster-require-full-coverage", true),
    alias(yes_no("cluster-replica-no-failover", false), "cluster-slave-no-failover"),
    yes_no("cluster-allow-pubsubshard-when-down", true),
    yes_no("cluster-allow-reads-when-down", false),
    yes_no("cluster-allow-replica-migration", true),
    yes_no("cluster-enabled", false, nullptr, parameter_flag::immutable),
    text("cluster-config-file", "nodes.conf", nullptr, parameter_flag::immutable),
    text("replica-announce-ip", "", nullptr, 0, "slave-announce-ip"),
    text("replicaof", "", nullptr, parameter_flag::immutable, "slaveof"),
    text("cluster-announce-ip", ""),
    text("cluster-announce-hostname", ""),
    text("cluster-announce-human-nodename", ""),
    text("masteruser", "", nullptr, 0, "primaryuser"),
    text("masterauth", "", nullptr, parameter_flag::secret, "primaryauth"),
    one_of("repl-diskless-load", "disabled", diskless_choices),
    one_of("cluster-preferred-endpoint-type", "ip", endpoint_choices),
    one_of("propagation-error-behavior", "ignore", propagation_choices),
};

}  // namespace

std::span<const Parameter> replication_parameters() { return rows; }

}  // namespace sabil::proxy::resp
