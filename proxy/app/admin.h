// What the SABIL commands and the JSON API ask for, answered from the rooms.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cache/store/keyspace.h"
#include "proxy/app/status.h"
#include "proxy/coherence/coherence.h"
#include "proxy/mysql_front/front.h"
#include "proxy/readthrough/lookup_service.h"
#include "proxy/resp/sabil_admin.h"

namespace sabil::proxy::app {

// Thread-safety: every function from any thread; the parts outlive it.
class Admin final : public resp::SabilAdmin {
  public:
    struct Parts {
        cache::Keyspace& keyspace;
        const Status& status;
        Coherence* coherence = nullptr;  // these three: null without [mysql]
        readthrough::LookupService* lookups = nullptr;
        std::function<mysql_front::MysqlFront*()> front;  // null until it is there
        std::string default_schema;
        observe::Counter purges;
        std::function<Result<void>()> forget_saved;  // what is on disk is not to come back; none: nothing is
    };
    explicit Admin(Parts parts) : parts_(std::move(parts)) {}

    resp::AdminRecord status() override { return parts_.status.record(); }
    std::vector<resp::AdminRecord> lookups() override;
    std::vector<resp::AdminRecord> queries(std::size_t limit, resp::QueryOrder order) override;
    Result<resp::AdminRecord> explain(std::string_view statement) override;
    Result<std::uint64_t> purge(resp::PurgeScope scope, std::string_view what) override;

  private:
    Result<std::uint64_t> purge_now(resp::PurgeScope scope, std::string_view what);
    Result<std::uint64_t> purge_table(std::string_view name);
    std::uint64_t drop_unservable();
    mysql_front::MysqlFront* front() const { return parts_.front ? parts_.front() : nullptr; }

    Parts parts_;
};

}  // namespace sabil::proxy::app
