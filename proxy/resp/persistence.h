// What SAVE, BGSAVE, BGREWRITEAOF, LASTSAVE, SHUTDOWN and INFO ask of whoever writes the data set to disk.
#pragma once

#include "cache/base/result.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sabil::proxy::resp {

// Thread-safety: any thread. Functions that write take the locks they need: call them holding none.
class Persistence {
  public:
    virtual ~Persistence() = default;
    virtual Result<void> save() = 0;                                // blocks until written
    virtual Result<void> save_in_background(bool schedule) = 0;     // errors: unavailable where one is under way
    virtual Result<std::string> rewrite_log_in_background() = 0;    // what to tell the client
    virtual Result<void> reload() = 0;                              // DEBUG RELOAD: write, empty, read back
    virtual Result<void> load_log() = 0;                            // DEBUG LOADAOF
    virtual std::int64_t last_save_unix_seconds() const = 0;
    virtual bool saves_on_shutdown() const = 0;                     // save points are configured
    virtual bool loading() const noexcept = 0;
    virtual std::vector<std::pair<std::string, std::string>> info() const = 0;  // of INFO's section `persistence`
};

}  // namespace sabil::proxy::resp
