// Tells a WorkerSpread how busy this worker is, while it has requests; afterwards connections may move.
#pragma once

#include "proxy/net/worker.h"
#include "proxy/net/worker_spread.h"

#include <asio/steady_timer.hpp>

#include <chrono>
#include <functional>

namespace sabil::proxy::net {

// Thread-safety: its worker's thread, but for the constructor and destructor.
class LoadReport {
  public:
    // even_out: called after each report, to move connections. `spread` must outlive this.
    LoadReport(Worker& worker, WorkerSpread& spread, std::function<void()> even_out);

    // Requests came.
    void note_activity() {
        ++requests_;
        if (!reporting_) [[unlikely]] begin();
    }
    // One of them waits for another server.
    void note_relayed() { ++relayed_; }
    void stop() noexcept;

  private:
    void begin();
    void wait();
    void report();

    Worker& worker_;
    WorkerSpread& spread_;
    std::function<void()> even_out_;
    asio::steady_timer timer_;
    bool stopped_ = false;
    bool reporting_ = false;
    unsigned requests_ = 0, relayed_ = 0;  // since the last report
    std::chrono::nanoseconds cpu_{0};  // of the thread, at the last report
    std::chrono::steady_clock::time_point at_{};
};

}  // namespace sabil::proxy::net
