// Reads the data set from disk: an RDB file, or the files of the append-only file one after the other.
#pragma once

#include <functional>
#include <string>

#include "cache/persist/aof_record.h"
#include "cache/store/keyspace.h"
#include "proxy/persistence/loading.h"
#include "proxy/persistence/log_files.h"
#include "proxy/persistence/options.h"
#include "proxy/persistence/replay.h"

namespace sabil::proxy::persistence {

// Nothing expires while it lives. Thread-safety: one thread; clients must be kept away meanwhile.
class DataLoader {
  public:
    // stop: asked now and then; true ends the load with an error (timeout).
    DataLoader(cache::Keyspace& keyspace, Replay& replay, const Options& options, LoadingState& state,
               std::function<bool()> stop);
    ~DataLoader();
    DataLoader(const DataLoader&) = delete;
    DataLoader& operator=(const DataLoader&) = delete;

    // Told of every AUX record of an RDB file.
    void on_aux(std::function<void(std::string_view name, std::string_view value)> aux) { aux_ = std::move(aux); }
    // Errors: not_found where there is no such file; damage.
    Result<void> load_rdb_file(const std::string& path, bool replace_existing = false);
    // All files of the manifest. The last may end within a record, where that is allowed: it is cut there.
    Result<void> load_log(const LogFiles& files);

  private:
    Result<std::uint64_t> load_rdb(const std::string& path, bool log_base, bool replace_existing);
    Result<void> load_log_file(const std::string& path, bool last);
    Result<void> read_records(const std::string& path, std::uint64_t offset, bool last);
    Result<void> run(std::span<const std::string> args, const std::string& path);
    Result<void> cut(const std::string& path, bool last, std::uint64_t file_bytes);
    Result<void> progress(std::uint64_t bytes_of_file);

    cache::Keyspace& keyspace_;
    Replay& replay_;
    const Options& options_;
    LoadingState& state_;
    std::function<bool()> stop_;
    std::function<void(std::string_view, std::string_view)> aux_;
    std::uint64_t bytes_before_ = 0;  // of the files before this one
    std::uint64_t failed_commands_ = 0;
    std::uint64_t whole_ = 0;  // where the last record, or transaction, of the file ends
    bool in_transaction_ = false;
    std::vector<std::vector<std::string>> transaction_;
    std::chrono::steady_clock::time_point said_at_;
};

}  // namespace sabil::proxy::persistence
