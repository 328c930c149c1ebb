// Reads schemas from information_schema over the pool, and hands them to the catalog under rule 1: read above a floor,
// accepted once A has passed a probe taken after the read.
//
// Thread-safety: want() from any thread; the rest on the engine's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/base/clock.h"
#include "invalidation/ledger.h"
#include "invalidation/schema/catalog.h"
#include "invalidation/schema/information_schema.h"
#include "mysql/client/pool.h"

namespace sabil::proxy::coherence {

class SchemaLoader {
  public:
    using Post = std::function<void(std::function<void()>)>;  // onto the engine's thread; drops it once that has ended
    static constexpr std::size_t wanted_count_max = 4096;
    static constexpr std::size_t loading_count_max = 4;
    static constexpr std::chrono::milliseconds retry_after{500};
    static constexpr std::chrono::milliseconds read_limit{20000};

    // on_read: something was read, the engine should call step(); on the engine's thread.
    SchemaLoader(mysql::Pool& pool, const invalidation::Ledger& ledger, invalidation::Catalog& catalog, Post post,
                 std::function<void()> on_read);
    ~SchemaLoader();

    // Asks for these schemas; cheap where they are being read already. True: the engine should call step().
    bool want(const std::vector<std::string>& schemas);

    struct Moment {
        SteadyTime horizon;       // H
        SteadyTime newest_probe;  // sent and come back
        bool has_tailer = true;   // without one, what was read is accepted at once
    };
    // Starts what is wanted and accepts what may be. True: a newer probe is needed to accept what was read.
    bool step(SteadyTime now, Moment moment, const invalidation::sql::ParseMode& mode);
    // Another history: what is under way says nothing.
    void reset();
    // Nothing is wanted, read or waiting to be accepted.
    bool idle() const;

  private:
    struct Load;
    void start(std::string schema, const invalidation::sql::ParseMode& mode);
    void ask(const std::shared_ptr<Load>& load, std::size_t question);
    void finished(const std::shared_ptr<Load>& load);
    bool keep(const std::shared_ptr<Load>& load);

    mysql::Pool& pool_;
    const invalidation::Ledger& ledger_;
    invalidation::Catalog& catalog_;
    Post post_;
    std::function<void()> on_read_;

    mutable std::mutex mutex_;
    std::unordered_map<std::string, SteadyTime> wanted_;  // not before
    std::unordered_map<std::string, std::shared_ptr<Load>> loading_;
    std::vector<std::shared_ptr<Load>> read_;  // waiting to be accepted
};

}  // namespace sabil::proxy::coherence
