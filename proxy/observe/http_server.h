// The HTTP face: /metrics, /healthz, /readyz, /api/..., and the live page at /.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "proxy/net/address.h"
#include "proxy/observe/http_access.h"

namespace sabil::proxy::observe {

struct Readiness {
    bool ready = false;
    std::string why;  // one sentence; what is missing, or the mode in force
};

// What is shown; each is called on an HTTP thread and must not block for long. JSON is a whole document.
struct HttpSources {
    std::function<std::string()> prometheus;
    std::function<std::string()> open_metrics;
    std::function<Readiness()> readiness;
    std::function<std::string()> status_json;
    std::function<std::string()> lookups_json;
    std::function<std::string(std::size_t limit, std::string_view by)> queries_json;
    std::function<std::string()> events_json;
    // All that the page shows; of the history only samples past this number.
    std::function<std::string(std::uint64_t after)> live_json;
    // Entries dropped. scope: "all", "table", "lookup", "query", "tag". Errors: invalid scope, not_found.
    std::function<Result<std::uint64_t>(std::string_view scope, std::string_view what)> purge;
};

// Thread-safety: open() and close() from one thread.
class HttpServer {
  public:
    static constexpr std::size_t threads_count = 6;             // per listener
    static constexpr std::size_t waiting_connections_max = 64;  // past it, accepting waits
    static constexpr std::size_t request_body_bytes_max = 64 << 10;
    static constexpr int socket_seconds_max = 5;      // for each read and write
    static constexpr int keep_alive_seconds_max = 2;  // between two requests; close() waits for it too
    static constexpr std::size_t queries_max = 1000;  // in one answer of /api/queries

    HttpServer(HttpSources sources, AccessRules rules);
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // Listens and serves; the address with the port it really has. Errors: unavailable, naming the address.
    Result<net::Address> open(const net::Address& address);
    void close();

  private:
    class Listener;
    HttpSources sources_;
    AccessRules rules_;
    std::vector<std::unique_ptr<Listener>> listeners_;
};

}  // namespace sabil::proxy::observe
