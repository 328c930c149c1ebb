// The files of the append-only file: names, manifest, and what becomes of old ones.
#pragma once

#include <mutex>
#include <string>

#include "cache/persist/aof_manifest.h"
#include "proxy/persistence/log_writer.h"
#include "proxy/persistence/options.h"

namespace sabil::proxy::persistence {

// Thread-safety: any thread; each change is on disk, manifest included, when its function returns, or has not been made.
class LogFiles {
  public:
    // Folder and names hold from now on; relative ones from the working directory on. Reads the manifest, where there is
    // one; takes a single file of older servers
    // into the folder, where `adopt_old`. Errors: a damaged manifest, what the system refuses.
    Result<void> open(const Options& options, bool adopt_old);

    bool empty() const;
    cache::AofManifest manifest() const;
    std::string path(const cache::AofFile& file) const { return folder_ + "/" + file.name; }
    const std::string& folder() const noexcept { return folder_; }

    // The last increment, to go on with; a new one where there is none.
    Result<LogWriter::File> open_last_increment();
    // A new increment after the last one.
    Result<LogWriter::File> add_increment();
    // For a log that begins anew: an increment that becomes part of the log only with its base.
    Result<LogWriter::File> open_first_increment();

    // The file becomes the base. increments_from: the first increment that is not in it; earlier files become history.
    // 0: the increment of open_first_increment() is the only one.
    Result<void> install_base(const std::string& temporary, bool rdb, std::uint64_t increments_from);
    // Deletes what is history.
    Result<void> drop_history();
    void drop_first_increment();
    // All of it.
    std::uint64_t bytes() const;
    std::uint64_t base_bytes() const;

  private:
    Result<void> adopt_old_file();
    Result<void> finish_adoption();
    Result<void> write_manifest(const cache::AofManifest& manifest);
    std::string manifest_path() const { return folder_ + "/" + name_ + ".manifest"; }
    std::string first_increment_path() const { return folder_ + "/temp-" + name_ + ".incr"; }

    mutable std::mutex mutex_;
    std::string folder_;
    std::string name_;
    cache::AofManifest manifest_;
};

}  // namespace sabil::proxy::persistence
