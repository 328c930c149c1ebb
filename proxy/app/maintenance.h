// The housekeeping of the store that no request pays for: expiry, unservable entries, freeing of large values.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "cache/store/keyspace.h"

namespace sabil::proxy::app {

// Runs on two threads of its own from construction to destruction, on these CPUs (net/cpu_list.h; empty: any).
class Maintenance {
  public:
    Maintenance(cache::Keyspace& keyspace, const std::string& cpus);
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
