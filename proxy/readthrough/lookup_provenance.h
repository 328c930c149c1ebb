// The provenance of a lookup's entry, and of the copy kept for stale answers.
#pragma once

#include <time.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

#include "cache/store/provenance.h"
#include "proxy/coherence/back_off.h"
#include "proxy/coherence/coherence.h"

namespace sabil::proxy::readthrough {

// Steady milliseconds, good to about 4 ms and cheap enough for every hit.
inline std::int64_t coarse_milliseconds() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// When an entry was last shown as current; shared by the entry and its copy.
using LastCurrent = std::shared_ptr<std::atomic<std::int64_t>>;

// Was the entry shown since it was filled? Shared with the watch that refills it.
using ReadMark = std::shared_ptr<std::atomic<bool>>;

// What an entry was read above. Thread-safety: immutable.
struct Proof {
    invalidation::Dependencies dependencies;
    invalidation::Floor floor;
};

class LookupProvenance : public cache::Provenance {
  public:
    // last_current: null where no stale answers are wanted; read_mark: null where nobody refills it. lookup: its number
    // in the process, never used again.
    LookupProvenance(const Coherence& coherence, std::shared_ptr<const Proof> proof, std::uint64_t lookup,
                     LastCurrent last_current, ReadMark read_mark = nullptr)
        : coherence_(coherence),
          proof_(std::move(proof)),
          lookup_(lookup),
          last_current_(std::move(last_current)),
          read_mark_(std::move(read_mark)) {}

    bool servable() const noexcept override {
        if (!valid()) return false;
        if (last_current_) last_current_->store(coarse_milliseconds(), std::memory_order_relaxed);
        if (read_mark_ && !read_mark_->load(std::memory_order_relaxed)) {
            read_mark_->store(true, std::memory_order_relaxed);
        }
        reads_.count();
        return true;
    }
    // Has what it was read from changed? For the first who finds that: was it read again after the read that filled it?
    std::optional<bool> died_read() const noexcept {
        if (coherence_.storable(proof_->dependencies, proof_->floor)) return std::nullopt;
        const auto count = reads_.tell();
        return count == EntryReads::told ? std::nullopt : std::optional(count > 1);
    }
    bool valid() const noexcept override { return coherence_.servable(proof_->dependencies, proof_->floor); }
    std::size_t heap_bytes() const noexcept override {
        return sizeof(*this) + sizeof(Proof) + proof_->dependencies.capacity() * sizeof(invalidation::Dependency) +
               (last_current_ ? 64 : 0) + (read_mark_ ? 64 : 0);
    }
    // True for the first who asks: its watch tells the clients that track the key.
    bool begin_watch() const noexcept { return !watched_.exchange(true); }
    void end_watch() const noexcept { watched_ = false; }
    const Proof& proof() const noexcept { return *proof_; }
    std::uint64_t lookup() const noexcept { return lookup_; }

  protected:
    const Coherence& coherence_;
    std::shared_ptr<const Proof> proof_;
    std::uint64_t lookup_;
    LastCurrent last_current_;
    ReadMark read_mark_;
    EntryReads reads_;
    mutable std::atomic<bool> watched_{false};
};

// Of the copy: may always be read, by the lookups only.
class StaleProvenance final : public LookupProvenance {
  public:
    using LookupProvenance::LookupProvenance;
    bool servable() const noexcept override { return true; }
    bool valid() const noexcept override { return true; }
    // How long ago the value was known to be current. expired_at: coarse milliseconds when its ttl ran out.
    std::chrono::milliseconds age() const noexcept {
        if (coherence_.storable(proof_->dependencies, proof_->floor)) return std::chrono::milliseconds{0};
        return std::chrono::milliseconds{coarse_milliseconds() - last_current_->load(std::memory_order_relaxed)};
    }
};

// Of a value that is shown once, under the slice's lock.
class OnceProvenance final : public cache::Provenance {
  public:
    bool servable() const noexcept override { return true; }
    std::size_t heap_bytes() const noexcept override { return sizeof(*this); }
};

}  // namespace sabil::proxy::readthrough
