// All that needs the database: the pool, coherence, the lookups and the MySQL port, in the order in which they may come
// and go.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cache/store/keyspace.h"
#include "mysql/client/pool.h"
#include "proxy/app/config.h"
#include "proxy/coherence/auditor.h"
#include "proxy/coherence/coherence.h"
#include "proxy/mysql_front/front.h"
#include "proxy/net/worker.h"
#include "proxy/observe/face_metrics.h"
#include "proxy/persistence/fill_keeper.h"
#include "proxy/readthrough/lookup_keeper.h"
#include "proxy/readthrough/lookup_service.h"

namespace sabil::proxy::coherence {
class CoherenceEngine;
}

namespace sabil::proxy::app {

// Thread-safety: start(), listen(), close() and reload() from one thread; the rest from any.
class MysqlSide {
  public:
    struct Rooms {
        cache::Keyspace& keyspace;
        net::WorkerPool& workers;
        observe::Registry& registry;
        observe::FaceMetrics& mysql_metrics;
        observe::FaceMetrics& resp_metrics;
    };
    // config has [mysql].
    MysqlSide(const Config& config, Rooms rooms);
    ~MysqlSide();

    // Connects and decides the mode. A server that cannot be reached is no error, unless coherence = "coherent" asks
    // for what then cannot be had; it is tried again for ever. Errors: wrong account, unknown database, lookups that
    // cannot work; one per sentence, each with its fix.
    enum class Unreachable : std::uint8_t { is_tried_again, is_an_error };
    // What the process before had saved, for the engine; before start().
    void resume_from(std::string save_point);
    ConfigErrors start(Unreachable unreachable = Unreachable::is_tried_again);
    // Makes the MySQL port, which is not open yet. Errors: invalid (rules), io (certificates).
    Result<void> make_front();
    // Opens it. Errors: unavailable.
    Result<void> listen();
    // Whose entries survive a restart, and what besides they know these depend on; after make_front().
    std::vector<persistence::FillKeeper*> fill_keepers();
    std::string fill_settings() const;
    // What lookups the server judged to work, but not as well as they could; after start().
    const std::vector<std::string>& remarks() const noexcept { return remarks_; }

    Coherence& coherence() noexcept;
    readthrough::LookupService& lookups() noexcept { return *lookups_; }
    mysql_front::MysqlFront* front() noexcept { return front_.get(); }
    // Why statements cannot be run; empty where they can. Asks at most once a second, and waits at most as long.
    std::string trouble();

    // New lookups and rules. Errors: invalid; what was in force stays.
    Result<void> reload(const Config& config);
    // Closes the MySQL port; the workers must still run.
    void stop_listening();
    // Ends everything; the workers are joined. Drops all filled entries, as their proof goes.
    void close();

  private:
    ConfigErrors check_account(Unreachable unreachable);
    ConfigErrors check_lookups();
    void check_views();
    // Where the MySQL port's own certificate is kept; empty where it cannot be.
    static std::string certificate_folder();

    MysqlConfig mysql_;
    Config config_;
    Rooms rooms_;
    std::unique_ptr<mysql::Pool> pool_;
    std::unique_ptr<coherence::CoherenceEngine> engine_;
    std::unique_ptr<Auditor> auditor_;
    std::unique_ptr<readthrough::LookupService> lookups_;
    std::unique_ptr<readthrough::LookupKeeper> lookup_keeper_;
    std::unique_ptr<mysql_front::MysqlFront> front_;
    std::vector<std::string> remarks_;
    std::mutex trouble_mutex_;
    SteadyTime trouble_asked_{};
    std::string trouble_ = "it was not asked yet";
};

}  // namespace sabil::proxy::app
