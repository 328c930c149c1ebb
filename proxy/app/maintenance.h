// The housekeeping of the store that no request pays for: expiry, unservable entries, freeing of large values.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "cache/store/keyspace.h"

namespace sabil::proxy::app {

// Runs on two threads of its own from construction to destruction.
class Maintenance {
  public:
    explicit Maintenance(cache::Keyspace& keyspace);
    ~Maintenance();
    Maintenance(const Maintenance&) = delete;
    Maintenance& operator=(const Maintenance&) = delete;

  private:
    bool wait(std::chrono::milliseconds duration);
    void expire();
    void free_values();

    cache::Keyspace& keyspace_;
    std::mutex mutex_;
    std::condition_variable stop_;
    bool stopping_ = false;
    std::thread expiring_;
    std::thread freeing_;
};

}  // namespace sabil::proxy::app
