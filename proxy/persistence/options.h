// The parameters of persistence, under their CONFIG names.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"

namespace sabil::proxy::persistence {

// Save when this many changes were made and this long ago was the last save.
struct SaveRule {
    std::chrono::seconds after{0};
    std::uint64_t changes = 0;
};

enum class SyncPolicy : std::uint8_t { always, everysec, never };

// Thread-safety: a value type.
struct Options {
    std::vector<SaveRule> save;
    std::string rdb_name = "dump.rdb";
    bool rdb_compression = true;
    bool rdb_checksum = true;
    bool stop_writes_on_error = true;
    std::chrono::microseconds save_delay{0};  // after each key; for tests. Negative: a fraction of the keys
    std::chrono::microseconds load_delay{0};

    bool log = false;  // appendonly
    std::string log_name = "appendonly.aof";
    std::string log_folder = "appendonlydir";
    SyncPolicy sync = SyncPolicy::everysec;
    bool no_sync_while_rewriting = false;
    bool rdb_preamble = true;
    bool load_truncated = true;
    bool annotate_time = false;
    bool keep_history = false;
    std::uint64_t rewrite_percentage = 100;  // 0: never by itself
    std::uint64_t rewrite_min_bytes = 64 << 20;

    // Lists (net/cpu_list.h) for the supervisor's thread and the children that write; empty: as the server's threads.
    std::string background_cpus;
    std::string snapshot_cpus;
    std::string rewrite_cpus;
};

// False where the name is no parameter of persistence. The value is in its canonical form.
bool set_option(Options& options, std::string_view name, std::string_view value);

}  // namespace sabil::proxy::persistence
