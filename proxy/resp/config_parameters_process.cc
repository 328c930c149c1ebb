// Parameters of the process: log, listeners, start and stop.
#include "proxy/resp/config_parameter_groups.h"
#include "proxy/resp/config_rows.h"
#include "proxy/resp/server_state.h"

namespace sabil::proxy::resp {
namespace {

using namespace config_rows;

std::string show_port(ServerState& server) { return std::to_string(server.tcp_port.load()); }

Result<void> set_least_workers(ServerState& server, const ParameterValue& value) {
    server.spread.set_least(static_cast<std::size_t>(value.number));
    return {};
}

constexpr std::string_view levels[] = {"debug", "verbose", "notice", "warning", "nothing"};
constexpr std::string_view supervisors[] = {"upstart", "systemd", "auto", "no"};
constexpr std::string_view facilities[] = {"user",   "local0", "local1", "local2", "local3",
                                           "local4", "local5", "local6", "local7"};
constexpr std::string_view oom_choices[] = {"no", "yes", "relative", "absolute"};
constexpr auto at_start = parameter_flag::immutable;

constexpr Parameter port{.name = "port",
                         .kind = ParameterKind::integer,
                         .initial = "6379",
                         .high = 65535,
                         .flags = at_start,
                         .current = show_port};
constexpr Parameter socket_mode{.name = "unixsocketperm",
                                .kind = ParameterKind::octal,
                                .initial = "0",
                                .high = 0777,
                                .flags = at_start};

constexpr Parameter rows[] = {
    port,
    text("bind", "* -::*"),
    text("bind-source-addr", ""),
    text("unixsocket", "", nullptr, at_start),
    socket_mode,
    number("tcp-backlog", "511", 0, int_max, nullptr, at_start),
    number("socket-mark-id", "0", 0, uint_max, nullptr, at_start),
    number("io-threads", "1", 1, 128, set_least_workers, at_start),
    yes_no("io-threads-do-reads", false, nullptr, at_start),
    number("hz", "10", 1, 500),
    yes_no("dynamic-hz", true),
    one_of("loglevel", "notice", levels, outside<"loglevel">),
    text("logfile", "", outside<"logfile">, at_start),
    yes_no("syslog-enabled", false, nullptr, at_start),
    text("syslog-ident", "sabil", nullptr, at_start),
    one_of("syslog-facility", "local0", facilities, nullptr, at_start),
    yes_no("always-show-logo", false, nullptr, at_start),
    yes_no("daemonize", false, nullptr, at_start),
    text("pidfile", "", nullptr, at_start),
    one_of("supervised", "no", supervisors, nullptr, at_start),
    yes_no("set-proc-title", true, nullptr, at_start),
    text("proc-title-template", "{title} {listen-addr} {server-mode}"),
    yes_no("crash-log-enabled", true),
    yes_no("crash-memcheck-enabled", true),
    yes_no("disable-thp", true, nullptr, at_start),
    text("ignore-warnings", ""),
    one_of("oom-score-adj", "no", oom_choices),
    text("oom-score-adj-values", "0 200 800"),
    text("server-cpulist", "", nullptr, at_start, "server_cpulist"),
    text("bio-cpulist", "", nullptr, at_start, "bio_cpulist"),
    text("aof-rewrite-cpulist", "", nullptr, at_start, "aof_rewrite_cpulist"),
    text("bgsave-cpulist", "", nullptr, at_start, "bgsave_cpulist"),
    number("shutdown-timeout", "10", 0, int_max),
    text("shutdown-on-sigterm", "default"),
    text("shutdown-on-sigint", "default"),
    text("locale-collate", ""),
    // Of test suites; nothing depends on them.
    yes_no("lua-enable-deprecated-api", false, nullptr, at_start | parameter_flag::hidden),
    text("include", "", nullptr, at_start | parameter_flag::hidden),
    text("loadmodule", "", nullptr, at_start | parameter_flag::hidden),
    text("user", "", nullptr, at_start | parameter_flag::hidden),
};

}  // namespace

std::span<const Parameter> process_parameters() { return rows; }

}  // namespace sabil::proxy::resp
