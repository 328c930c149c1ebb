// Parameters of clients, limits, access and what is watched of commands.
#include "proxy/resp/command_table.h"
#include "proxy/resp/config_parameter_groups.h"
#include "proxy/resp/config_rows.h"
#include "proxy/resp/config_values.h"
#include "proxy/resp/event_setting.h"
#include "proxy/resp/request_parser.h"
#include "proxy/resp/server_state.h"

#include <charconv>
#include <iterator>
#include <sstream>

namespace sabil::proxy::resp {
namespace {

using namespace config_rows;

template <auto member>
Result<void> set(ServerState& server, const ParameterValue& value) {
    auto& target = server.settings.*member;
    target.store(static_cast<typename std::decay_t<decltype(target)>::value_type>(value.number),
                 std::memory_order_relaxed);
    return {};
}

Result<std::string> parse_events(std::string_view letters) {
    std::uint32_t bits = 0;
    if (!event_setting::parse(letters, bits)) {
        return fail(ErrorCode::invalid, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
    }
    return event_setting::format(bits);
}

Result<void> set_events(ServerState& server, const ParameterValue& value) {
    std::uint32_t bits = 0;
    event_setting::parse(value.text, bits);
    server.settings.notify_events.store(bits, std::memory_order_relaxed);
    return {};
}

struct OutputLimitText {
    const char* name;
    std::size_t index;
    std::int64_t hard = 0, soft = 0, seconds = 0;
};

// "class hard soft seconds", repeated; classes that are not named keep what they have.
Result<void> parse_output_limits(std::string_view text, std::vector<OutputLimitText>& limits) {
    std::istringstream counted{std::string(text)};
    const auto count = std::distance(std::istream_iterator<std::string>(counted), std::istream_iterator<std::string>());
    if (count % 4 != 0) return fail(ErrorCode::invalid, "Wrong number of arguments in buffer limit configuration.");
    std::istringstream words{std::string(text)};
    for (std::string name, hard, soft, seconds; words >> name;) {
        bool known = false;
        for (auto& limit : limits) {
            if (name != limit.name && !(limit.index == 1 && name == "replica")) continue;
            known = true;
            auto period = words >> hard >> soft >> seconds ? to_integer(seconds) : std::nullopt;
            if (!period || *period < 0 || !parse_bytes(hard, limit.hard) || !parse_bytes(soft, limit.soft)) {
                return fail(ErrorCode::invalid, "Error in hard, soft or soft_seconds setting for '" + name + "'");
            }
            limit.seconds = *period;
        }
        if (!known) return fail(ErrorCode::invalid, "Invalid client class specified in buffer limit configuration.");
    }
    return {};
}

std::vector<OutputLimitText> no_limits() { return {{"normal", 0}, {"slave", 1}, {"pubsub", 2}}; }

Result<std::string> check_output_limits(std::string_view text) {
    auto limits = no_limits();
    auto parsed = parse_output_limits(text, limits);
    if (!parsed) return tl::unexpected(parsed.error());
    return std::string(text);
}

Result<void> set_output_limits(ServerState& server, const ParameterValue& value) {
    auto limits = no_limits();
    for (auto& limit : limits) {
        auto& now = server.settings.output_limits[limit.index];
        limit.hard = static_cast<std::int64_t>(now.hard_bytes.load());
        limit.soft = static_cast<std::int64_t>(now.soft_bytes.load());
        limit.seconds = static_cast<std::int64_t>(now.soft_seconds.load());
    }
    auto parsed = parse_output_limits(value.text, limits);
    if (!parsed) return parsed;
    for (const auto& limit : limits) {
        auto& target = server.settings.output_limits[limit.index];
        target.hard_bytes = static_cast<std::uint64_t>(limit.hard);
        target.soft_bytes = static_cast<std::uint64_t>(limit.soft);
        target.soft_seconds = static_cast<std::uint64_t>(limit.seconds);
    }
    return {};
}

std::string show_output_limits(ServerState& server) {
    std::string out;
    for (const auto& limit : no_limits()) {
        const auto& now = server.settings.output_limits[limit.index];
        if (!out.empty()) out += ' ';
        out += limit.name;
        for (auto number : {now.hard_bytes.load(), now.soft_bytes.load(), now.soft_seconds.load()}) {
            out += ' ' + std::to_string(number);
        }
    }
    return out;
}

Result<void> set_slow_threshold(ServerState& server, const ParameterValue& value) {
    server.slow_log.set_threshold(value.number);
    return {};
}

Result<void> set_slow_entries(ServerState& server, const ParameterValue& value) {
    server.slow_log.set_max_entries(static_cast<std::size_t>(value.number));
    return {};
}

Result<void> set_acl_log(ServerState& server, const ParameterValue& value) {
    server.acl.set_log_max_entries(static_cast<std::size_t>(value.number));
    return {};
}

Result<void> set_default_password(ServerState& server, const ParameterValue& value) {
    server.acl.set_default_password(value.text);
    return {};
}

Result<void> set_channels_default(ServerState& server, const ParameterValue& value) {
    server.acl.set_channels_default(value.text == "allchannels");
    return {};
}

Result<void> set_clients_memory(ServerState& server, const ParameterValue& value) {
    server.client_memory.set_limit(value.number);
    server.client_memory.evict(server.keyspace.tunables().maxmemory_bytes);
    return {};
}

Result<void> load_acl_file(ServerState& server, const ParameterValue& value) {
    if (value.text.empty()) return {};
    return server.acl.load_file(std::string(value.text));
}

Result<void> set_debug_access(ServerState& server, const ParameterValue& value) {
    server.settings.debug_commands = value.text == "yes";
    server.settings.debug_commands_local = value.text == "local";
    return {};
}

Result<std::string> check_percentiles(std::string_view text) {
    std::istringstream words{std::string(text)};
    std::string canonical;
    for (std::string word; words >> word;) {
        auto value = to_double(word);
        if (!value || *value < 0 || *value > 100) {
            return fail(ErrorCode::invalid, "latency-tracking-info-percentiles should be between 0.0 and 100.0");
        }
        char shortest[32];
        const auto end = std::to_chars(shortest, shortest + sizeof shortest, *value).ptr;
        if (!canonical.empty()) canonical += ' ';
        canonical.append(shortest, end);
    }
    return canonical;
}

// rename-command: `old new` or, taking the command away, `old ""`.
Result<void> rename(ServerState&, const ParameterValue& value) {
    if (value.text.empty()) return {};
    const auto space = value.text.find(' ');
    if (space == std::string_view::npos) return fail(ErrorCode::invalid, "wrong number of arguments");
    auto to = value.text.substr(space + 1);
    if (to == "\"\"") to = {};
    if (rename_command(value.text.substr(0, space), to)) return {};
    return fail(ErrorCode::invalid, "no such command, or the new name is another command's");
}

constexpr std::string_view channel_defaults[] = {"allchannels", "resetchannels"};
constexpr std::string_view access_choices[] = {"no", "yes", "local"};

constexpr Parameter output_limits{.name = "client-output-buffer-limit",
                                  .kind = ParameterKind::special,
                                  .initial = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
                                  .parse = check_output_limits,
                                  .apply = set_output_limits,
                                  .current = show_output_limits};
constexpr Parameter events{.name = "notify-keyspace-events",
                           .kind = ParameterKind::special,
                           .initial = "",
                           .parse = parse_events,
                           .apply = set_events};
constexpr Parameter percentiles{.name = "latency-tracking-info-percentiles",
                                .kind = ParameterKind::special,
                                .initial = "50 99 99.9",
                                .parse = check_percentiles};

constexpr Parameter rows[] = {
    number("timeout", "0", 0, int_max, set<&Settings::timeout_seconds>),
    number("maxclients", "10000", 1, uint_max, set<&Settings::maxclients>),
    number("tcp-keepalive", "300", 0, int_max, set<&Settings::tcp_keepalive_seconds>),
    size("proto-max-bulk-len", "512mb", set<&Settings::bulk_bytes_max>, 0, 1 << 20),
    size("client-query-buffer-limit", "1gb", set<&Settings::query_buffer_bytes_max>, 0, 1 << 20),
    size("maxmemory-clients", "0", set_clients_memory, parameter_flag::percent, std::numeric_limits<std::int64_t>::min()),
    output_limits,
    events,
    number("slowlog-log-slower-than", "10000", -1, long_max, set_slow_threshold, 0,
           "commandlog-execution-slower-than"),
    number("slowlog-max-len", "128", 0, long_max, set_slow_entries, 0, "commandlog-slow-execution-max-len"),
    number("latency-monitor-threshold", "0", 0, long_max, set<&Settings::latency_threshold_ms>),
    yes_no("latency-tracking", true, set<&Settings::latency_tracking>),
    percentiles,
    number("busy-reply-threshold", "5000", 0, long_max, set<&Settings::script_time_limit_ms>, 0, "lua-time-limit"),
    text("requirepass", "", set_default_password, parameter_flag::secret),
    text("aclfile", "", load_acl_file, parameter_flag::immutable),
    text("rename-command", "", rename, parameter_flag::immutable | parameter_flag::hidden),
    number("acllog-max-len", "128", 0, long_max, set_acl_log),
    one_of("acl-pubsub-default", "resetchannels", channel_defaults, set_channels_default),
    one_of("enable-debug-command", "no", access_choices, set_debug_access, parameter_flag::immutable),
    one_of("enable-module-command", "no", access_choices, nullptr, parameter_flag::immutable),
    one_of("enable-protected-configs", "no", access_choices, nullptr, parameter_flag::immutable),
    yes_no("protected-mode", true, set<&Settings::protected_mode>),
};

}  // namespace

std::span<const Parameter> client_parameters() { return rows; }

}  // namespace sabil::proxy::resp
