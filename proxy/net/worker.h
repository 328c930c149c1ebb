// The threads that do the work: one per core, each with its own io_context and its share of the connections.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace sabil::proxy::net {

class HangupWatch;

// One thread and its event loop. Thread-safety: context() may be posted to from any thread; all else that runs in the
// loop belongs to this worker alone.
class Worker {
  public:
    // Throws std::system_error where the system has no descriptor left.
    explicit Worker(std::size_t index);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    std::size_t index() const noexcept { return index_; }
    asio::io_context& context() noexcept { return context_; }
    HangupWatch& hangups() noexcept { return *hangups_; }

  private:
    friend class WorkerPool;
    std::size_t index_;
    asio::io_context context_{1};  // the hint: run by one thread
    std::unique_ptr<HangupWatch> hangups_;
    std::thread thread_;
};

// Thread-safety: start(), stop() and join() from one thread; the rest from any after start().
class WorkerPool {
  public:
    // 0 means one per core of this machine.
    explicit WorkerPool(std::size_t count);
    ~WorkerPool();

    std::size_t size() const noexcept { return workers_.size(); }
    Worker& operator[](std::size_t index) noexcept { return *workers_[index]; }
    // The next one in turn, for a new connection.
    Worker& next() noexcept;

    void start();
    bool running() const noexcept { return running_; }
    // Lets every loop end once its current handler returns; further posts are dropped at destruction.
    void stop();
    void join();

  private:
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
    std::atomic<std::size_t> next_{0};
    std::atomic<bool> running_{false};
};

}  // namespace sabil::proxy::net
