// Filled entries over a restart: what the service asks when it saves and loads, and what the program tells it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "cache/store/keyspace.h"
#include "proxy/persistence/fill_keeper.h"
#include "proxy/persistence/filled_restore.h"
#include "proxy/persistence/filled_snapshot.h"
#include "proxy/persistence/purge_mark.h"

namespace sabil::proxy::persistence {

// Thread-safety: snapshot(), purged() and figures() from any thread; the rest from one, before others come.
class WarmRestart {
  public:
    // settings: what the entries depend on besides what the faces know; entries saved under others are dropped.
    // Coherence must outlive every snapshot.
    void configure(const Coherence& coherence, std::string settings);

    // -- loading, in this order
    void take(std::string_view name, std::string_view value) { saved_.take(name, value); }
    // For coherence, before it starts; empty: nothing can be used.
    std::string save_point();
    // Once coherence has started. Waits until they can be served, at most replay_limit.
    void restore(cache::Keyspace& keyspace, std::vector<FillKeeper*> keepers);
    static constexpr std::chrono::milliseconds replay_limit{3000};

    // -- saving: to be called before slices are taken; null: nothing filled can be saved.
    std::shared_ptr<const FilledSnapshot> snapshot();
    // What is saved is void. Errors: that cannot be brought to disk.
    Result<void> purged() { return purges_.purged(); }

    FilledRestore::Outcome figures() const;

  private:
    void wait_for_replay(SteadyTime restored);

    const Coherence* coherence_ = nullptr;
    std::string settings_;
    FilledRestore saved_;
    PurgeMark purges_;
    mutable std::mutex mutex_;  // of what follows
    std::vector<FillKeeper*> keepers_;
    FilledRestore::Outcome outcome_;
};

}  // namespace sabil::proxy::persistence
