// What SAVE, BGSAVE, BGREWRITEAOF, LASTSAVE, SHUTDOWN and INFO ask of whoever writes the data set to disk, and what the
// dispatcher asks before it runs a write.
#pragma once

#include "cache/base/result.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sabil::proxy::resp {

// Thread-safety: any thread. Functions that write take the locks they need: call them holding none, unless they say
// otherwise. Errors carry the text for the client, without "ERR ".
class Persistence {
  public:
    virtual ~Persistence() = default;

    // Whether loading(), holds_writes() or write_refusal() may have something to say. One load.
    bool attention() const noexcept { return attention_.load(std::memory_order_relaxed); }
    virtual bool loading() const noexcept = 0;       // only commands with flag::loading may run
    virtual bool holds_writes() const noexcept = 0;  // writes are to be tried again in a moment
    // Why writes are refused now (MISCONF ...), as the whole error; empty where they are not.
    virtual std::string write_refusal() const = 0;

    virtual Result<void> save() = 0;  // blocks until written
    // Both give what to tell the client. in_transaction: slices may be held, so that it starts only later.
    struct BackgroundRequest {
        bool schedule = false;
        bool in_transaction = false;
    };
    virtual Result<std::string> save_in_background(BackgroundRequest request) = 0;
    virtual Result<std::string> rewrite_log_in_background(BackgroundRequest request) = 0;
    struct ReloadRequest {
        bool save = true;   // write the file first
        bool flush = true;  // empty the server before the file is read
        bool merge = false;  // keys that are there already are replaced
    };
    virtual Result<void> reload(ReloadRequest request) = 0;  // DEBUG RELOAD
    virtual Result<void> load_log() = 0;                     // DEBUG LOADAOF
    // FLUSHALL: what is being saved is outdated, and a new snapshot is due. With every slice held.
    virtual void data_set_emptied() = 0;
    // Function libraries changed, which the store does not count. With every slice held.
    virtual void note_change() noexcept = 0;
    virtual std::int64_t last_save_unix_seconds() const = 0;

    // Before the program ends: saves where asked to (nothing: where save points are configured). Writes are held from
    // here on. Errors: it could not be saved, and the server goes on; never with `force`.
    virtual Result<void> prepare_shutdown(std::optional<bool> save, bool force) = 0;

    using Fields = std::vector<std::pair<std::string, std::string>>;
    virtual Fields info() const = 0;        // of INFO's section `persistence`
    virtual Fields fork_info() const = 0;   // of INFO's section `stats`: total_forks, latest_fork_usec

  protected:
    std::atomic<bool> attention_{false};
};

}  // namespace sabil::proxy::resp
