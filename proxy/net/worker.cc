#include "proxy/net/worker.h"

#include <pthread.h>

#include <algorithm>
#include <string>

#include "proxy/net/hangup_watch.h"

namespace sabil::proxy::net {

Worker::Worker(std::size_t index) : index_(index), hangups_(std::make_unique<HangupWatch>(context_)) {}

Worker::~Worker() = default;

WorkerPool::WorkerPool(std::size_t count) {
    if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
    for (std::size_t i = 0; i < count; ++i) workers_.push_back(std::make_unique<Worker>(i));
}

WorkerPool::~WorkerPool() {
    stop();
    join();
}

Worker& WorkerPool::next() noexcept { return *workers_[next_.fetch_add(1, std::memory_order_relaxed) % size()]; }

void WorkerPool::start() {
    running_ = true;
    for (auto& worker : workers_) {
        guards_.push_back(asio::make_work_guard(worker->context_));
        worker->thread_ = std::thread([w = worker.get()] {
            pthread_setname_np(pthread_self(), ("worker-" + std::to_string(w->index_)).c_str());
            w->context_.run();
        });
    }
}

void WorkerPool::stop() {
    running_ = false;
    guards_.clear();
    for (auto& worker : workers_) worker->context_.stop();
}

void WorkerPool::join() {
    for (auto& worker : workers_) {
        if (worker->thread_.joinable()) worker->thread_.join();
    }
}

}  // namespace sabil::proxy::net
