// Purges outlive the process: what was saved before one must not come back after it. Their number stands in the saved
// file, and in a small file of its own, which is written only where a saved file could tell another number.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "cache/base/result.h"

namespace sabil::proxy::persistence {

// Thread-safety: any thread.
class PurgeMark {
  public:
    static constexpr const char* file_name = "sabil.purges";  // in the working directory

    // What the file says. Errors: damage, or what the system refuses; saved entries cannot be used then.
    Result<std::uint64_t> read();
    // Before entries are saved: the number to save with them, which is on disk by then.
    Result<std::uint64_t> for_saving();
    // Errors: where entries were saved and it cannot be brought to disk that they are void.
    Result<void> purged();
    // Entries were read from a file that the next start would read too.
    void found_saved() noexcept;

  private:
    Result<void> write();

    std::mutex mutex_;
    std::uint64_t count_ = 0;
    std::uint64_t on_disk_ = 0;
    bool saved_ = false;  // there may be entries on disk
};

}  // namespace sabil::proxy::persistence
