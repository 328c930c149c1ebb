// The provenance of an entry filled from MySQL: the floor it was read above and what it depends on.
#pragma once

#include "cache/store/provenance.h"
#include "proxy/coherence/coherence.h"

namespace sabil::proxy {

// Thread-safety: immutable.
class FilledProvenance final : public cache::Provenance {
  public:
    // coherence must outlive every entry.
    FilledProvenance(const Coherence& coherence, invalidation::Dependencies dependencies, invalidation::Floor floor)
        : coherence_(coherence), dependencies_(std::move(dependencies)), floor_(floor) {
        dependencies_.shrink_to_fit();
    }
    bool servable() const noexcept override { return coherence_.servable(dependencies_, floor_); }
    bool storable() const noexcept { return coherence_.storable(dependencies_, floor_); }
    bool of_this_epoch() const noexcept { return floor_.epoch == coherence_.floor().epoch; }
    std::size_t heap_bytes() const noexcept override {
        return sizeof(*this) + dependencies_.capacity() * sizeof(invalidation::Dependency);
    }
    const invalidation::Dependencies& dependencies() const noexcept { return dependencies_; }
    invalidation::Floor floor() const noexcept { return floor_; }

  private:
    const Coherence& coherence_;
    invalidation::Dependencies dependencies_;
    invalidation::Floor floor_;
};

}  // namespace sabil::proxy
