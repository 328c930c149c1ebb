// Where a filled entry came from, and whether it may still be served. The store asks before it shows a filled entry;
// the proof itself is made elsewhere and wired in by proxy/coherence.
#pragma once

#include <cstddef>

namespace sabil::cache {

// Thread-safety: immutable after construction; servable() and valid() are called under a slice's lock, from any thread.
class Provenance {
  public:
    virtual ~Provenance() = default;
    // May this entry be shown now? Asked by whoever is about to show it, and may be noted as a read. Must not block,
    // lock or allocate.
    virtual bool servable() const noexcept = 0;
    // The same, asked by whoever only looks: sweeps, scans, purges. Leaves no mark of a read.
    virtual bool valid() const noexcept { return servable(); }
    // Heap bytes behind this object, itself included; counted against maxmemory.
    virtual std::size_t heap_bytes() const noexcept = 0;
};

}  // namespace sabil::cache
