// MONITOR: every command, as text, to those who asked.
#pragma once

#include "proxy/resp/args.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

struct ClientState;

// Thread-safety: any thread.
class MonitorFeed {
  public:
    void add(std::shared_ptr<ClientState> client);
    void remove(const ClientState& client);
    // Costs one load where nobody listens.
    bool idle() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }
    // `source` is the client's address, or "lua".
    void send(unsigned database, std::string_view source, Args args);

  private:
    std::mutex mutex_;
    std::vector<std::shared_ptr<ClientState>> clients_;
    std::atomic<std::size_t> count_{0};
};

// Bytes in double quotes, with backslash escapes for what is not printable.
void append_quoted(std::string& out, std::string_view bytes);

}  // namespace sabil::proxy::resp
