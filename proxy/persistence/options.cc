#include "proxy/persistence/options.h"

#include <sstream>

#include "cache/base/number_text.h"

namespace sabil::proxy::persistence {
namespace {

std::uint64_t number(std::string_view text) noexcept {
    return parse_unsigned(text).value_or(0);
}

std::vector<SaveRule> save_rules(std::string_view text) {
    std::vector<SaveRule> rules;
    std::istringstream words{std::string(text)};
    for (std::int64_t seconds = 0, changes = 0; words >> seconds >> changes;) {
        rules.push_back({std::chrono::seconds(seconds), static_cast<std::uint64_t>(changes)});
    }
    return rules;
}

SyncPolicy sync_policy(std::string_view text) noexcept {
    if (text == "always") return SyncPolicy::always;
    return text == "no" ? SyncPolicy::never : SyncPolicy::everysec;
}

std::chrono::microseconds delay(std::string_view text) noexcept {
    return std::chrono::microseconds(parse_integer(text).value_or(0));
}

struct Row {
    std::string_view name;
    void (*set)(Options& options, std::string_view value);
};

template <auto member>
constexpr Row flag(std::string_view name) {
    return {name, [](Options& options, std::string_view value) { options.*member = value == "yes"; }};
}

template <auto member>
constexpr Row text(std::string_view name) {
    return {name, [](Options& options, std::string_view value) { options.*member = value; }};
}

constexpr Row rows[] = {
    {"save", [](Options& options, std::string_view value) { options.save = save_rules(value); }},
    text<&Options::rdb_name>("dbfilename"),
    flag<&Options::rdb_compression>("rdbcompression"),
    flag<&Options::rdb_checksum>("rdbchecksum"),
    flag<&Options::stop_writes_on_error>("stop-writes-on-bgsave-error"),
    {"rdb-key-save-delay", [](Options& options, std::string_view value) { options.save_delay = delay(value); }},
    {"key-load-delay", [](Options& options, std::string_view value) { options.load_delay = delay(value); }},
    flag<&Options::log>("appendonly"),
    text<&Options::log_name>("appendfilename"),
    text<&Options::log_folder>("appenddirname"),
    {"appendfsync", [](Options& options, std::string_view value) { options.sync = sync_policy(value); }},
    flag<&Options::no_sync_while_rewriting>("no-appendfsync-on-rewrite"),
    flag<&Options::rdb_preamble>("aof-use-rdb-preamble"),
    flag<&Options::load_truncated>("aof-load-truncated"),
    flag<&Options::annotate_time>("aof-timestamp-enabled"),
    flag<&Options::keep_history>("aof-disable-auto-gc"),
    {"auto-aof-rewrite-percentage",
     [](Options& options, std::string_view value) { options.rewrite_percentage = number(value); }},
    {"auto-aof-rewrite-min-size",
     [](Options& options, std::string_view value) { options.rewrite_min_bytes = number(value); }},
    text<&Options::background_cpus>("bio-cpulist"),
    text<&Options::snapshot_cpus>("bgsave-cpulist"),
    text<&Options::rewrite_cpus>("aof-rewrite-cpulist"),
};

}  // namespace

bool set_option(Options& options, std::string_view name, std::string_view value) {
    for (const auto& row : rows) {
        if (row.name != name) continue;
        row.set(options, value);
        return true;
    }
    return false;
}

}  // namespace sabil::proxy::persistence
