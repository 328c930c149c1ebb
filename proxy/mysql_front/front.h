// The transparent MySQL port: listens, relays every session to the server, and answers from memory what is proved
// current.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "proxy/mysql_front/options.h"
#include "proxy/mysql_front/statement_statistics.h"

namespace sabil::cache {
class Keyspace;
}
namespace sabil::proxy {
class Coherence;
}
namespace sabil::proxy::net {
class WorkerPool;
}
namespace sabil::proxy::observe {
struct FaceMetrics;
}
namespace sabil::proxy::persistence {
class FillKeeper;
}

namespace sabil::proxy::mysql_front {

// Thread-safety: start() and stop() from one thread; the rest from any.
class MysqlFront {
  public:
    // Everything passed by reference must outlive it, the workers' loops included. Errors: invalid (rules), io
    // (certificates and keys, naming the file).
    static Result<std::unique_ptr<MysqlFront>> create(MysqlFrontOptions options, net::WorkerPool& workers,
                                                      cache::Keyspace& keyspace, Coherence& coherence,
                                                      const observe::FaceMetrics& metrics);
    ~MysqlFront();
    MysqlFront(const MysqlFront&) = delete;
    MysqlFront& operator=(const MysqlFront&) = delete;

    // Binds every address of the options. Errors: unavailable, naming the address.
    Result<void> start();
    // Stops accepting and closes every session; waits at most stop_limit for them to end. The workers must still run.
    void stop();
    // Each with the port it really has.
    std::vector<net::Address> addresses() const;
    std::size_t connections() const noexcept;
    std::size_t connections_on(std::size_t worker) const noexcept;
    // At least so many workers serve sessions from now on; 1, as at first: as few as keep up.
    void set_least_workers(std::size_t count) noexcept;

    // Entries filled under the rules before are not served any more. Errors: invalid; the rules before stay.
    Result<void> set_rules(const std::vector<RuleOptions>& rules);
    // For SABIL QUERIES; in no order.
    std::vector<StatementFigures> statements() const;
    // Of the results that are to survive a restart; lives as long as this.
    persistence::FillKeeper& keeper() noexcept;
    // SABIL PURGE QUERY and TAG. False: no statement has this digest.
    bool purge_statement(std::string_view digest);
    void purge_tag(std::string_view tag);

    static constexpr std::chrono::milliseconds stop_limit{2000};
    static constexpr std::chrono::milliseconds sweep_interval{250};

  private:
    struct Impl;
    explicit MysqlFront(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace sabil::proxy::mysql_front
