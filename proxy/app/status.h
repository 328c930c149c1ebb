// What SABIL STATUS, /api/status and /readyz tell, gathered from the rooms.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "cache/store/keyspace.h"
#include "proxy/app/config.h"
#include "proxy/coherence/coherence.h"
#include "proxy/observe/face_metrics.h"
#include "proxy/observe/http_server.h"
#include "proxy/resp/sabil_admin.h"

namespace sabil::proxy::app {

// Thread-safety: every function from any thread; the parts outlive it.
class Status {
  public:
    struct Parts {
        const cache::Keyspace& keyspace;
        const Coherence* coherence = nullptr;  // null without [mysql]
        CoherenceWish wish = CoherenceWish::automatic;
        std::string backend;  // its address; empty without [mysql]
        const observe::FaceMetrics& mysql;
        const observe::FaceMetrics& resp;
        std::function<std::uint64_t()> resp_connections;
        // Why MySQL cannot be reached for lookups; empty where it can.
        std::function<std::string()> backend_trouble;
    };
    explicit Status(Parts parts) : parts_(std::move(parts)), started_(system_clock().steady()) {}

    resp::AdminRecord record() const;
    std::string json() const;
    observe::Readiness readiness() const;

  private:
    CoherenceStatus coherence() const;
    Parts parts_;
    SteadyTime started_;
};

}  // namespace sabil::proxy::app
