// What each face tells of the entries that it filled from MySQL, so that they can be saved and come back after a
// restart. See filled_snapshot.h for the way there and filled_restore.h for the way back.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache/store/entry.h"
#include "invalidation/dependency.h"

namespace sabil::proxy::persistence {

// What an entry was read above.
struct FillProof {
    invalidation::Dependencies dependencies;
    invalidation::Floor floor;
};

// A face's words for its entries at one moment. Thread-safety: describe() runs under all slices or in a forked child: it
// takes no lock.
class FillScribe {
  public:
    virtual ~FillScribe() = default;
    // What all entries share, for FillKeeper::begin_restore().
    virtual std::string_view shared() const = 0;
    // `own` is for revive(). False: not this face's entry, or one that is not to come back.
    virtual bool describe(const cache::Entry& entry, FillProof& proof, std::string& own) const = 0;
};

// As it was saved.
struct SavedFill {
    unsigned database = 0;
    std::string key;
    FillProof proof;
    std::string own;
    cache::Value value;
};

// Thread-safety: scribe() from any thread, the rest from one.
class FillKeeper {
  public:
    virtual ~FillKeeper() = default;
    // Stands in files.
    virtual std::string_view name() const = 0;
    virtual std::unique_ptr<FillScribe> scribe() const = 0;
    // In the later process, before the first revive(). False: nothing of it can be used; nothing is revived then.
    virtual bool begin_restore(std::string_view shared) = 0;
    // May change key and value. Null: what it was filled for is not configured as it was.
    virtual std::unique_ptr<const cache::Provenance> revive(SavedFill& fill) = 0;
};

}  // namespace sabil::proxy::persistence
