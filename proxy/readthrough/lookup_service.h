// Read-through: fills keys of the RESP face from MySQL on a miss, by the three rules of coherence.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/store/keyspace.h"
#include "mysql/client/pool.h"
#include "proxy/coherence/coherence.h"
#include "proxy/coherence/fill_slots.h"
#include "proxy/observe/face_metrics.h"
#include "proxy/observe/registry.h"
#include "proxy/readthrough/lookup_set.h"
#include "proxy/readthrough/lookup_state.h"
#include "proxy/resp/read_through.h"

namespace sabil::proxy {
class Auditor;
}

namespace sabil::proxy::readthrough {

struct Proof;

// mysql::Pool::submit, or a test's.
using Submit = std::function<void(std::string statement, std::vector<mysql::Pool::Parameter> parameters,
                                  mysql::Pool::Callback done, std::chrono::milliseconds limit)>;

struct ServiceOptions {
    std::string default_schema;
    std::optional<std::chrono::milliseconds> default_ttl;  // absent: 1 h in coherent mode, 60 s in weaker ones
    std::chrono::milliseconds max_staleness{1000};
    std::uint64_t max_result_bytes = 1ULL << 20;
    std::chrono::milliseconds fill_limit{5000};  // for a fill as a whole, all attempts
    FillSlots::Limits fills;                         // under way at a time; others wait their turn
    unsigned fill_attempts = 2;  // queries before a result that keeps changing is shown once and not kept
};

// Thread-safety: every function from any thread. Must outlive the callbacks of the pool and of coherence: end both
// first.
class LookupService final : public resp::ReadThrough {
  public:
    LookupService(cache::Keyspace& keyspace, Coherence& coherence, Submit submit, ServiceOptions options,
                  observe::Registry& registry, observe::FaceMetrics metrics);
    ~LookupService() override;

    // Fills under way are given up without an answer; what the pool and coherence still call back is dropped. For the
    // end, when nobody is left to be answered.
    void close();

    // Replaces all lookups. What lookups that changed or went had filled is dropped.
    void set_lookups(LookupSet set);

    bool empty() const noexcept override;
    std::string_view match(std::string_view key) const noexcept override;
    void fill(unsigned database, std::string key, std::function<void(resp::FillResult)> done) override;
    bool track(cache::Database& database, std::string_view key) override;
    void count_hit(std::string_view lookup) noexcept override;
    void hit(cache::Database& database, std::string_view key, std::string_view lookup) override;
    void time_hits(std::uint32_t count, std::chrono::nanoseconds took) noexcept override;

    // The provenance of an entry that a process before had filled for this lookup; null: the key is not this lookup's.
    std::unique_ptr<const cache::Provenance> revive(unsigned database, std::string_view key, std::string_view lookup,
                                                    Proof proof);

    // Before the first hit; null: no hit is audited. It must outlive close().
    void set_auditor(Auditor* auditor) noexcept;
    // Who is told of changes of the keys that track() promised; null: nobody. Called on any thread, must not block.
    void set_on_changed(std::function<void(std::string_view key)> on_changed);

    // Asks the server for what it takes to judge each lookup: sql_mode and columns' types. `done` gets one sentence for
    // each lookup that cannot work as it is written; runs once, on any thread, within the fill limit.
    struct Finding {
        std::string lookup;
        bool fatal = false;  // false: works, but not as well as it could
        std::string message;
    };
    void inspect(std::function<void(Result<std::vector<Finding>>)> done);

    // Has coherence the lookups' tables loaded, so that the first fill of each can be kept? Starts loading where not.
    bool tables_are_loaded();

    std::vector<std::shared_ptr<LookupState>> states() const;
    // Drops what one lookup filled. Errors: not_found, naming the lookups there are.
    Result<std::uint64_t> purge(std::string_view lookup);
    std::size_t fills_under_way() const;

  private:
    void refresh_early(cache::Database& database, std::string_view key);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sabil::proxy::readthrough
