// A replica's side of the binlog dump: logs in, asks who the server is, starts the dump and hands each event to a
// handler. It acknowledges nothing (no semi-sync) and never reconnects by itself: where to resume is the owner's
// decision.
//
// Thread-safety: one io_context run by one thread; call and be called back there.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "cache/base/result.h"
#include "mysql/binlog/decoder.h"
#include "mysql/binlog/gtid_set.h"
#include "mysql/binlog/handler.h"
#include "mysql/binlog/position.h"
#include "mysql/client/connect_options.h"
#include "mysql/client/server_identity.h"

namespace asio {
class io_context;
}

namespace sabil::mysql::binlog {

struct DumpOptions {
    ConnectOptions connect;
    std::uint32_t replica_id = 0;                       // 1..2^32-1, unlike every server's in the topology
    std::chrono::milliseconds heartbeat_period{500};    // the server's; > 0
    std::chrono::milliseconds silence_limit{3000};      // without any packet: the connection is lost
    std::size_t event_bytes_max = (1ULL << 30) + 4096;  // the server's own limit
    DecoderOptions decoder;
};

// Where to start: after a set (MySQL with GTIDs), after a position by domain (MariaDB), or at a file's offset.
using DumpStart = std::variant<MysqlGtidSet, MariadbGtidPosition, BinlogPosition>;

class DumpClient {
  public:
    // Connected and allowed: runs once before the first event. Return an error to refuse (another server than
    // expected).
    using OnConnected = std::function<Result<void>(const ServerIdentity&)>;
    // The end of this dump, once, whatever the reason: on_connected's refusal, a failed login, a lost connection, a
    // decode error, silence, stop(). The server's number where it told one (1236: the position is gone).
    using OnLost = std::function<void(const Error&)>;

    // handler must outlive the client.
    DumpClient(asio::io_context& io, DumpOptions options, BinlogHandler& handler);
    ~DumpClient();
    DumpClient(const DumpClient&) = delete;
    DumpClient& operator=(const DumpClient&) = delete;

    // Starts, or, after on_lost, starts anew.
    void start(DumpStart from, OnConnected on_connected, OnLost on_lost);
    // Ends the dump; on_lost still runs, later, with unavailable.
    void stop();
    bool running() const noexcept;
    // From the next start() on. A server keeps one reader for each number, the newest.
    void set_replica_id(std::uint32_t replica_id) noexcept;

  private:
    class Impl;
    std::shared_ptr<Impl> impl_;
};

// Did this end a dump: another reader has come under our number?
bool is_ousted(const Error& error) noexcept;

}  // namespace sabil::mysql::binlog
