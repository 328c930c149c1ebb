// What a later process must know for entries filled by this one to go on being served: where in the binlog the ledger
// stood, and which column sets its signatures name.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "invalidation/dependency.h"

namespace sabil::proxy {

// Take it first, then pick the entries: one that covers() and is storable() afterwards may be saved with its
// dependencies and floor as they are (plain numbers). They hold in the process that was started with `bytes` as
// coherence::Options::resume once Coherence::resumed() says so, and in no other.
// Thread-safety: a value type.
struct SavePoint {
    std::string bytes;             // opaque; empty: nothing filled can be shown to hold later, save no filled entry
    invalidation::Floor applied;   // A
    std::uint32_t signatures = 0;  // ids below are in it

    bool covers(std::span<const invalidation::Dependency> dependencies, invalidation::Floor floor) const noexcept {
        return !bytes.empty() && floor.epoch == applied.epoch && floor.n <= applied.n &&
               std::all_of(dependencies.begin(), dependencies.end(),
                           [&](const auto& dependency) { return dependency.signature < signatures; });
    }
};

}  // namespace sabil::proxy
