// Results that a rule wants refilled right after a change (refresh = true), so that readers of a hot list do not wait.
//
// A refill runs on the backend connection of a session at rest whose fingerprint is the entry's: account, role, schema,
// variables and capabilities are the reader's own, the server itself checks what the account may see, and the bytes are
// those this session would have got. Only a session that was answered from memory last is asked: what the server
// remembers of its last statement is then put right by Session before anything can ask about it.
//
// watch -> a dependency is stamped -> dependencies anew -> floor (rule 1, before the SELECT) -> a session at rest -> store
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "proxy/coherence/coherence.h"
#include "proxy/coherence/gate.h"
#include "proxy/mysql_front/analysis.h"
#include "proxy/mysql_front/fingerprint.h"
#include "proxy/mysql_front/rules.h"

namespace sabil::proxy::mysql_front {

class Session;
struct FrontParts;
struct FrontWorker;

// A statement to be run again. Thread-safety: immutable once it is watched.
struct Refill {
    std::string key;
    FingerprintId fingerprint = 0;       // of the sessions that may be served it
    std::uint64_t rules_version = 0;
    std::string text;
    std::string execute;                 // COM_STMT_EXECUTE with its types, statement id as it was; empty: COM_QUERY
    bool attributes_negotiated = false;  // which `execute` is laid out for
    AnalysisRef analysis;
    std::string schema;                  // that names are looked up in
    std::vector<ParameterValue> values;
    RuleVerdict verdict;
    std::size_t worker = 0;              // of the session that filled it last
    unsigned unread = 0;                 // refills, one after the other, that nobody has read
};
using RefillRef = std::shared_ptr<const Refill>;

// A refill on its way to a session.
struct RefillJob {
    RefillRef refill;
    invalidation::Dependencies dependencies;
    invalidation::Floor floor;
};

// Thread-safety: watch() and close() from any thread; callbacks arrive on the engine's and the workers' threads.
class Refills {
  public:
    // Both must outlive close() and the workers' loops.
    Refills(FrontParts& parts, const std::vector<std::unique_ptr<FrontWorker>>& workers);
    ~Refills() { close(); }
    Refills(const Refills&) = delete;
    Refills& operator=(const Refills&) = delete;

    // The entry of this key was just stored, read above `floor`. At most one watch for a key.
    void watch(RefillRef refill, const invalidation::Dependencies& dependencies, invalidation::Floor floor);
    // Nothing comes back any more.
    void close() noexcept { gate_->close(); }

    static constexpr unsigned unread_count_max = 3;        // then the next reader fills it
    static constexpr std::size_t keys_count_max = 16384;   // watched at a time; others are filled by their readers
    static constexpr std::size_t sessions_looked_at_max = 1024;  // of one worker
    static constexpr unsigned rounds_count_max = 6;        // over all workers, for a session at rest
    static constexpr std::chrono::milliseconds round_pause{1};  // before the second round, doubled each time

  private:
    struct Search {
        std::shared_ptr<RefillJob> job;
        std::size_t workers_left = 0;
        unsigned round = 0;
    };
    void changed(const RefillRef& refill);
    void look_on(std::size_t worker, Search search);
    void look_again(std::size_t worker, Search search);
    void tell(const RefillRef& refill, std::string_view why) const;

    FrontParts& parts_;
    const std::vector<std::unique_ptr<FrontWorker>>& workers_;
    std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
    std::mutex mutex_;
    std::unordered_set<std::uint64_t> watched_;  // hashes of keys
};

}  // namespace sabil::proxy::mysql_front
