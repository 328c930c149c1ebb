// Writers, readers, a small cache and the check: see workload_main.cc.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "mysql/client/connect_options.h"
#include "mysql/client/pool.h"
#include "proxy/coherence/coherence_engine.h"
#include "tests/coherence/blocking_connection.h"
#include "tests/coherence/questions.h"
#include "tests/coherence/truth.h"

namespace sabil::coherence_test {

enum class Mutant { none, no_check, delete_on_event, lease, position_floor, no_birth, no_closure };

struct Settings {
    mysql::ConnectOptions connect;
    std::uint64_t hits = 10'000'000;  // at least; 0: as many as `seconds` allow
    std::uint64_t changes = 20'000;   // applied, at least
    int seconds = 120;
    unsigned readers = 2;
    unsigned writers = 1;
    Mutant mutant = Mutant::none;
    bool purges = false;             // all is purged 50 times a second, so that signatures are born all the time
    std::uint16_t engine_port = 0;   // where the engine finds the server, in plain text; 0: as all others do
    bool verbose = false;
};

// Thread-safety: one thread runs it; the counts may be read from any.
class Workload {
  public:
    explicit Workload(Settings settings) : settings_(std::move(settings)) {}

    // 0: no hit was too old, and as many as asked for; 1: some were; 2: it could not begin; 3: too few hits.
    int run();

    std::uint64_t hits() const noexcept { return hits_.load(); }
    std::uint64_t violations() const noexcept { return violations_.load(); }

  private:
    struct Entry {
        invalidation::Dependencies dependencies;
        invalidation::Floor floor;
        std::uint64_t value = 0;
    };
    // One question's place in the cache.
    struct Slot {
        std::mutex mutex;
        std::shared_ptr<const Entry> entry;
    };

    Result<void> set_up();
    void begin_truth();
    void go();
    void progress();
    void write(unsigned number);
    void read(unsigned number);
    bool reach(BlockingConnection& connection);
    bool prepare(BlockingConnection& connection);
    bool servable(const Entry& entry) const;
    void violation(const Question& question, std::uint64_t value, std::uint64_t least);
    std::optional<invalidation::Floor> take_floor(const invalidation::Dependencies& dependencies);
    void fill(BlockingConnection& connection, const Question& question, Slot& slot);
    void not_cacheable(const std::string& reason);
    int report();

    Settings settings_;
    std::unique_ptr<mysql::Pool> pool_;
    std::unique_ptr<Truth> truth_;
    std::unique_ptr<proxy::coherence::CoherenceEngine> engine_;
    std::vector<Question> questions_;
    std::vector<Slot> slots_;
    std::atomic<bool> stop_{false};
    std::atomic<std::uint64_t> hits_{0}, misses_{0}, stored_{0}, rejected_{0}, uncached_{0}, writes_{0}, violations_{0};
    std::mutex reason_mutex_;
    std::string last_reason_;
};

}  // namespace sabil::coherence_test
