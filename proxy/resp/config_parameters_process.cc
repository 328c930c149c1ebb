// Parameters of the process: log, listeners, start and stop.
#include "proxy/net/cpu_list.h"
#include "proxy/resp/args.h"
#include "proxy/resp/config_parameter_groups.h"
#include "proxy/resp/config_rows.h"
#include "proxy/resp/oom_score.h"
#include "proxy/resp/server_state.h"

#include <algorithm>
#include <iterator>
#include <sstream>

namespace sabil::proxy::resp {
namespace {

using namespace config_rows;

std::string show_port(ServerState& server) {
    return std::to_string(server.tcp_port.load());
}

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
                         .apply = outside<"port">,
                         .current = show_port};
constexpr Parameter socket_mode{
    .name = "unixsocketperm", .kind = ParameterKind::octal, .initial = "0", .high = 0777, .flags = at_start};

constexpr std::string_view shutdown_choices[] = {"default", "save", "nosave", "now", "force"};

constexpr const char* unknown_shutdown_word =
    "argument(s) must be one of the following: default, save, nosave, now, force";

// Any of the choices, in whatever order; shown in this one.
Result<std::string> check_shutdown_words(std::string_view text) {
    bool chosen[std::size(shutdown_choices)] = {};
    std::istringstream words{std::string(text)};
    for (std::string word; words >> word;) {
        const auto* found = std::find_if(std::begin(shutdown_choices), std::end(shutdown_choices),
                                         [&](std::string_view one) { return equals_ignoring_case(one, word); });
        if (found == std::end(shutdown_choices)) {
            return fail(ErrorCode::invalid, unknown_shutdown_word);
        }
        chosen[found - std::begin(shutdown_choices)] = true;
    }
    std::string out;
    for (std::size_t i = 0; i < std::size(shutdown_choices); ++i) {
        if (chosen[i]) out.append(out.empty() ? "" : " ").append(shutdown_choices[i]);
    }
    if (out.empty()) return fail(ErrorCode::invalid, unknown_shutdown_word);
    return out;
}

constexpr Parameter shutdown_words(std::string_view name) {
    return {.name = name, .kind = ParameterKind::special, .initial = "default", .parse = check_shutdown_words};
}

// Of a server, its replicas and its children: "0 200 800".
Result<std::string> check_oom_values(std::string_view text) {
    constexpr std::int64_t most = 2000;
    std::istringstream words{std::string(text)};
    std::string out;
    int count = 0;
    for (std::string word; words >> word; ++count) {
        const auto value = to_integer(word);
        if (!value || *value < -most || *value > most) {
            return fail(ErrorCode::invalid, "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
        }
        out.append(out.empty() ? "" : " ").append(std::to_string(*value));
    }
    if (count != 3) return fail(ErrorCode::invalid, "wrong number of arguments");
    return out;
}

int first_oom_value(std::string_view values) {
    return static_cast<int>(to_integer(values.substr(0, values.find(' '))).value_or(0));
}

Result<void> apply_oom_mode(ServerState& server, const ParameterValue& value) {
    return set_oom_score(value.text, first_oom_value(server.config.value("oom-score-adj-values")));
}

Result<void> apply_oom_values(ServerState& server, const ParameterValue& value) {
    const auto mode = server.config.value("oom-score-adj");
    return mode == "no" ? Result<void>{} : set_oom_score(mode, first_oom_value(value.text));
}

Result<std::string> check_cpu_list(std::string_view text) {
    if (auto parsed = net::parse_cpu_list(text); !parsed) return tl::unexpected(parsed.error());
    return std::string(text);
}

constexpr Parameter cpu_list(std::string_view name, std::string_view alias, Apply apply = nullptr) {
    return {.name = name,
            .kind = ParameterKind::special,
            .initial = "",
            .alias = alias,
            .flags = at_start,
            .parse = check_cpu_list,
            .apply = apply};
}

constexpr Parameter oom_values{.name = "oom-score-adj-values",
                               .kind = ParameterKind::special,
                               .initial = "0 200 800",
                               .parse = check_oom_values,
                               .apply = apply_oom_values};

constexpr Parameter rows[] = {
    port,
    text("bind", "* -::*", outside<"bind">),
    text("bind-source-addr", ""),
    text("unixsocket", "", nullptr, at_start),
    socket_mode,
    number("tcp-backlog", "511", 0, int_max, nullptr, at_start),
    number("socket-mark-id", "0", 0, uint_max, nullptr, at_start),
    number("io-threads", "1", 1, 128, set_least_workers, at_start),
    yes_no("io-threads-do-reads", false),
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
    one_of("oom-score-adj", "no", oom_choices, apply_oom_mode),
    oom_values,
    cpu_list("server-cpulist", "server_cpulist"),
    cpu_list("bio-cpulist", "bio_cpulist", outside<"bio-cpulist">),
    cpu_list("aof-rewrite-cpulist", "aof_rewrite_cpulist", outside<"aof-rewrite-cpulist">),
    cpu_list("bgsave-cpulist", "bgsave_cpulist", outside<"bgsave-cpulist">),
    number("shutdown-timeout", "10", 0, int_max),
    shutdown_words("shutdown-on-sigterm"),
    shutdown_words("shutdown-on-sigint"),
    text("locale-collate", ""),
    // Of test suites; nothing depends on them.
    yes_no("lua-enable-deprecated-api", false, nullptr, at_start | parameter_flag::hidden),
    text("include", "", nullptr, at_start | parameter_flag::hidden),
    text("loadmodule", "", nullptr, at_start | parameter_flag::hidden),
    text("user", "", nullptr, at_start | parameter_flag::hidden),
};

}  // namespace

std::span<const Parameter> process_parameters() {
    return rows;
}

}  // namespace sabil::proxy::resp
