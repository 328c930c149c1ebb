// Parameters that stand in the configuration files of servers newer than the one whose commands are spoken here, so that
// those files can be used as they are. None of them changes what a single node does; where only one value describes
// that, others are refused.
#include "proxy/resp/config_parameter_groups.h"
#include "proxy/resp/config_rows.h"
#include "proxy/resp/server_state.h"

namespace sabil::proxy::resp {
namespace {

using namespace config_rows;

// Not listed, as the servers of the command set spoken here do not have them.
constexpr auto at_start = parameter_flag::immutable | parameter_flag::hidden;
constexpr std::string_view plain_log[] = {"legacy"};
constexpr std::string_view version_checks[] = {"strict"};
constexpr std::string_view no[] = {"no"};
constexpr std::string_view cluster_saves[] = {"sync", "best-effort"};

constexpr Parameter rows[] = {
    one_of("log-format", "legacy", plain_log),
    one_of("log-timestamp-format", "legacy", plain_log),
    one_of("rdb-version-check", "strict", version_checks),
    one_of("import-mode", "no", no),
    yes_no("hide-user-data-from-log", true),
    yes_no("extended-redis-compatibility", false),
    yes_no("enable-debug-assert", false, nullptr, at_start),
    yes_no("mptcp", false, nullptr, at_start),
    yes_no("repl-mptcp", false),
    yes_no("dual-channel-replication-enabled", false),
    yes_no("cluster-slot-stats-enabled", false),
    one_of("cluster-config-save-behavior", "sync", cluster_saves),
    number("cluster-blacklist-ttl", "60", 0, int_max),
    number("cluster-compatibility-sample-ratio", "0", 0, 100),
    number("cluster-databases", "1", 1, int_max, nullptr, at_start),
    number("cluster-manual-failover-timeout", "5000", 1, int_max),
    number("cluster-slot-migration-log-max-len", "1000", 0, int_max),
    number("cluster-announce-client-port", "0", 0, 65535),
    number("cluster-announce-client-tls-port", "0", 0, 65535),
    text("cluster-announce-client-ipv4", ""),
    text("cluster-announce-client-ipv6", ""),
    text("availability-zone", ""),
    text("hash-seed", "", nullptr, at_start),
    number("active-defrag-cycle-us", "500", 0, 100000),
    number("max-new-connections-per-cycle", "10", 1, 1000),
    number("max-new-tls-connections-per-cycle", "1", 1, 1000),
    number("prefetch-batch-max-size", "16", 0, 128),
    number("min-io-threads-avoid-copy-reply", "7", 0, int_max),
    number("min-string-size-avoid-copy-reply", "16384", 0, int_max),
    number("min-string-size-avoid-copy-reply-threaded", "65536", 0, int_max),
    one_of("lua-enable-insecure-api", "no", no, nullptr, at_start),
    number("tls-auto-reload-interval", "0", 0, int_max),
    number("commandlog-request-larger-than", "1048576", -1, long_max),
    number("commandlog-reply-larger-than", "1048576", -1, long_max),
    number("commandlog-large-request-max-len", "128", 0, long_max),
    number("commandlog-large-reply-max-len", "128", 0, long_max),
    size("replica-full-sync-buffer-limit", "0"),
    size("slot-migration-max-failover-repl-bytes", "0", nullptr, 0, -1),
};

}  // namespace

std::span<const Parameter> newer_parameters() { return rows; }

}  // namespace sabil::proxy::resp
