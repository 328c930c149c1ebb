// Where writes go besides the store: the append-only file.
#pragma once

#include "proxy/resp/args.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace sabil::proxy::resp {

// Thread-safety: append() is called from any worker, with the slices of the written keys held: the log's order is the
// order of the changes of each key. It must be short: copy and return.
class CommandLog {
  public:
    virtual ~CommandLog() = default;
    // Whether anything is logged now. Changes only while every slice is held, so ask with a slice held. One load.
    bool active() const noexcept { return active_.load(std::memory_order_relaxed); }
    virtual void append(unsigned database, Args args) = 0;
    // Commands that are to take effect together (EXEC, scripts), each with its database.
    struct Write {
        unsigned database = 0;
        std::vector<std::string> args;
    };
    virtual void append_unit(std::span<const Write> writes) = 0;

    // appendfsync always: no reply may be sent before everything that was appended by then is on disk, be it the
    // client's own write or one that it has read. Any thread, one load.
    bool delays_replies() const noexcept { return delays_replies_.load(std::memory_order_relaxed); }
    // How many records were appended ever, and how many of them, from the first on, are on disk.
    virtual std::uint64_t appended() const noexcept = 0;
    virtual std::uint64_t durable() const noexcept = 0;
    // Runs `then` once, on any thread and possibly before this returns, when durable() has reached the position; must
    // not block. Where the log ends before, it runs as well.
    virtual void when_durable(std::uint64_t position, std::function<void()> then) = 0;

  protected:
    std::atomic<bool> active_{false};
    std::atomic<bool> delays_replies_{false};
};

}  // namespace sabil::proxy::resp
