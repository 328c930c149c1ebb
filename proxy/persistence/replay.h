// What reading and writing the data set needs of the RESP face: commands run again, and function libraries.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cache/base/result.h"

namespace sabil::proxy::resp {
class ServerState;
}

namespace sabil::proxy::persistence {

// Thread-safety: one thread at a time.
class Replay {
  public:
    explicit Replay(resp::ServerState& server);
    ~Replay();

    // Runs a logged command. Nothing: done; else the error that it was answered with.
    std::optional<std::string> run(std::span<const std::string> args);
    static bool is_known(std::span<const std::string> args);
    // The log goes on in database 0.
    void begin_file();
    // From an RDB file. Takes every slice.
    Result<void> load_library(std::string_view code);
    // With every slice held.
    std::vector<std::string> libraries() const;
    void drop_libraries();

  private:
    struct Parts;
    resp::ServerState& server_;
    std::unique_ptr<Parts> parts_;
};

}  // namespace sabil::proxy::persistence
