// Where a filled entry came from, and whether it may still be served. The store asks before it shows a filled entry;
// the proof itself is made elsewhere and wired in by proxy/coherence.
#pragma once

#include <cstddef>

namespace sabil::cache {

// Thread-safety: immutable after construction; servable() is called under a slice's lock, from any thread.
class Provenance {
  public:
    virtual ~Provenance() = default;
    // May this entry be shown now? Must not block, lock or allocate.
    virtual bool servable() const noexcept = 0;
    // Heap bytes behind this object, itself included; counted against maxmemory.
    virtual std::size_t heap_bytes() const noexcept = 0;
};

}  // namespace sabil::cache
