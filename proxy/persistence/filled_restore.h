// The way back of filled entries: read from the file as bytes, judged once coherence has gone on from where they were
// saved, and put into the store with their floors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/store/keyspace.h"
#include "invalidation/dependency.h"
#include "proxy/persistence/fill_keeper.h"

namespace sabil::proxy {
class Coherence;
}

namespace sabil::proxy::persistence {

// Thread-safety: one thread.
class FilledRestore {
  public:
    struct Outcome {
        std::uint64_t restored = 0;
        std::uint64_t dropped = 0;
        std::string reason;  // why the last of them was dropped; empty: none was
    };

    // An AUX record of the file that is being loaded; others than ours are passed over. A file's head replaces what was
    // read before.
    void take(std::string_view name, std::string_view value);
    bool empty() const noexcept { return head_.empty() && records_.empty(); }
    void clear();
    // coherence::Options::resume for the engine; empty, and the reason told, where nothing saved can be used.
    std::string save_point(std::string_view settings, std::uint64_t purges);
    // Once the engine has started. Leaves nothing behind.
    Outcome restore(cache::Keyspace& keyspace, const Coherence& coherence, const std::vector<FillKeeper*>& keepers);

  private:
    struct Face {
        std::string name;
        std::string shared;
    };
    bool read_head(std::string_view bytes, std::string_view settings, std::uint64_t purges);
    void drop_all(std::string reason);
    void restore_record(std::string_view record, cache::Keyspace& keyspace, const Coherence& coherence);
    std::string_view restore_one(std::uint8_t face, SavedFill fill, cache::Keyspace& keyspace,
                                 const Coherence& coherence, std::int64_t expiry_ms);

    std::string head_;
    std::vector<std::string> records_;  // as they stand in the file
    std::string save_point_;
    std::uint64_t epoch_ = 0;  // of the floors
    std::vector<Face> faces_;
    std::vector<FillKeeper*> keepers_;  // by face; null: not to be used
    Outcome outcome_;

    static constexpr std::uint32_t entries_per_record_max = 1U << 20;
};

}  // namespace sabil::proxy::persistence
