// The connection that asks the server what is visible (W and H). One probe at a time: requests that come while it is
// under way share the next one.
//
// Thread-safety: the engine's thread. Callbacks may come until stop() has returned to the io_context.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "cache/base/clock.h"
#include "cache/base/result.h"
#include "invalidation/tailer/executed.h"
#include "mysql/client/connection.h"
#include "proxy/coherence/mode_decision.h"

namespace asio {
class io_context;
}

namespace sabil::proxy::coherence {

class Prober {
  public:
    enum class Kind : std::uint8_t {
        gtid_executed,      // MySQL
        snapshot_position,  // MariaDB
        end_held_off,       // best-effort: the binlog's end, taken as visible after a while
    };
    using OnServer = std::function<void(Result<Server>)>;
    using OnSeen = std::function<void(invalidation::Visible seen, SteadyTime sent)>;
    using OnLost = std::function<void(const Error&)>;
    using OnResets = std::function<void(std::uint64_t)>;
    using OnGtids = std::function<void(mysql::binlog::MariadbGtidPosition)>;

    Prober(asio::io_context& io, mysql::ConnectOptions connect, std::chrono::milliseconds limit);
    ~Prober();
    Prober(const Prober&) = delete;
    Prober& operator=(const Prober&) = delete;

    // Connects and asks who is there. One at a time; runs `done` once unless stop() comes first.
    void connect(OnServer done);
    // After connect(): probes on request() from here on. on_lost runs once, then connect() again.
    void start(Kind kind, std::chrono::milliseconds hold_off, OnSeen on_seen, OnLost on_lost);
    // A probe that is sent after this call.
    void request();
    // MariaDB: the GTIDs before a position, empty where the server does not tell. Not while a probe is under way: call
    // it from on_seen, before the next request().
    void read_gtids(const mysql::binlog::BinlogPosition& position, OnGtids done);
    // How often the server was told to RESET, asked after this call. After start(); runs `done` once, unless on_lost
    // comes first.
    void count_resets(OnResets done);
    // Closes; nothing is called back from here on.
    void stop();
    bool started() const noexcept;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace sabil::proxy::coherence
