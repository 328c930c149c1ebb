// Parameters of snapshots and the append-only file; whoever writes the data set is told of them.
#include "proxy/resp/config_parameter_groups.h"
#include "proxy/resp/args.h"
#include "proxy/resp/config_rows.h"

#include <filesystem>
#include <sstream>

namespace sabil::proxy::resp {
namespace {

using namespace config_rows;

// "seconds changes", repeated; empty: never.
Result<std::string> check_save(std::string_view text) {
    std::istringstream words{std::string(text)};
    std::string out;
    std::size_t count = 0;
    for (std::string word; words >> word; ++count) {
        auto number = to_integer(word);
        if (!number || *number < (count % 2 == 0 ? 1 : 0)) return fail(ErrorCode::invalid, "Invalid save parameters");
        if (!out.empty()) out += ' ';
        out += word;
    }
    if (count % 2 != 0) return fail(ErrorCode::invalid, "Invalid save parameters");
    return out;
}

Result<std::string> check_directory(std::string_view text) {
    std::error_code error;
    auto path = std::filesystem::canonical(text, error);
    if (error || !std::filesystem::is_directory(path, error)) {
        return fail(ErrorCode::invalid, "No such file or directory");
    }
    return path.string();
}

constexpr std::string_view sync_choices[] = {"everysec", "always", "no"};

constexpr Parameter save{.name = "save",
                         .kind = ParameterKind::special,
                         .initial = "",
                         .parse = check_save,
                         .apply = outside<"save">};

constexpr Parameter directory{.name = "dir",
                              .kind = ParameterKind::special,
                              .initial = ".",
                              .flags = parameter_flag::protected_one,
                              .parse = check_directory,
                              .apply = outside<"dir">};

constexpr Parameter rows[] = {
    save,
    directory,
    text("dbfilename", "dump.rdb", outside<"dbfilename">, parameter_flag::protected_one),
    yes_no("rdbcompression", true, outside<"rdbcompression">),
    yes_no("rdbchecksum", true, outside<"rdbchecksum">, parameter_flag::immutable),
    yes_no("rdb-save-incremental-fsync", true),
    yes_no("rdb-del-sync-files", false),
    yes_no("stop-writes-on-bgsave-error", true, outside<"stop-writes-on-bgsave-error">),
    yes_no("appendonly", false, outside<"appendonly">),
    text("appendfilename", "appendonly.aof", outside<"appendfilename">, parameter_flag::immutable),
    text("appenddirname", "appendonlydir", outside<"appenddirname">, parameter_flag::immutable),
    one_of("appendfsync", "everysec", sync_choices, outside<"appendfsync">),
    yes_no("no-appendfsync-on-rewrite", false, outside<"no-appendfsync-on-rewrite">),
    number("auto-aof-rewrite-percentage", "100", 0, int_max, outside<"auto-aof-rewrite-percentage">),
    size("auto-aof-rewrite-min-size", "64mb", outside<"auto-aof-rewrite-min-size">),
    yes_no("aof-load-truncated", true, outside<"aof-load-truncated">),
    yes_no("aof-use-rdb-preamble", true, outside<"aof-use-rdb-preamble">),
    yes_no("aof-timestamp-enabled", false, outside<"aof-timestamp-enabled">),
    yes_no("aof-rewrite-incremental-fsync", true),
    yes_no("aof-disable-auto-gc", false, outside<"aof-disable-auto-gc">),
    number("rdb-key-save-delay", "0", -long_max, long_max, outside<"rdb-key-save-delay">, parameter_flag::hidden),
    number("loading-process-events-interval-bytes", "2097152", 1024, int_max, nullptr, parameter_flag::hidden),
    number("key-load-delay", "0", -long_max, long_max, outside<"key-load-delay">, parameter_flag::hidden),
};

}  // namespace

std::span<const Parameter> persistence_parameters() { return rows; }

}  // namespace sabil::proxy::resp
