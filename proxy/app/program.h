// The server as a whole: constructs the rooms, ties them together, runs until a signal, takes them down in order.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cache/base/result.h"
#include "proxy/app/config.h"

namespace sabil::proxy::app {

// Reads the configuration again, for SIGHUP.
using Reread = std::function<tl::expected<Config, ConfigErrors>()>;

// Thread-safety: one thread, which has called take_signals() before it started any other.
class Program {
  public:
    Program(Config config, Reread reread);
    ~Program();
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // Opens every listener, prints one line for each and `ready`. Errors: one sentence for the operator.
    Result<void> start();
    // Until SIGTERM, SIGINT or the SHUTDOWN command.
    void run();
    // Stops accepting, finishes replies, closes. At most stop_limit, or the process ends with 1.
    void stop();

    static constexpr std::chrono::seconds stop_limit{20};

  private:
    struct Rooms;
    void reload();

    Config config_;
    Reread reread_;
    std::unique_ptr<Rooms> rooms_;
};

// Everything from the command line on; the process's exit code.
int run_program(int argc, char** argv);

}  // namespace sabil::proxy::app
