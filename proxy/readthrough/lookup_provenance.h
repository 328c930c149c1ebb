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
#include "proxy/coherence/early_refresh.h"

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

// Some entry of the lookup is to be filled anew before its end: see hit(). Shared by the lookup and its entries.
using EarlyWanted = std::shared_ptr<std::atomic<bool>>;

// When an entry ends, in coarse milliseconds, and what filling it took.
struct Lifetime {
    std::int64_t ends = 0;
    std::chrono::nanoseconds cost{0};
    EarlyWanted wanted;  // null: it is left to end
};

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
                     LastCurrent last_current, ReadMark read_mark = nullptr, Lifetime life = {})
        : coherence_(coherence),
          proof_(std::move(proof)),
          lookup_(lookup),
          last_current_(std::move(last_current)),
          read_mark_(std::move(read_mark)),
          life_(std::move(life)) {}

    bool servable() const noexcept override {
        if (!valid()) return false;
        const auto now = last_current_ || life_.wanted ? coarse_milliseconds() : 0;
        if (last_current_) last_current_->store(now, std::memory_order_relaxed);
        if (life_.wanted) consider_early_refresh(now);
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
    // True for the first who asks after a read has drawn the entry's early refresh.
    bool begin_early_refresh() const noexcept { return early_drawn_.exchange(false, std::memory_order_relaxed); }
    const Proof& proof() const noexcept { return *proof_; }
    std::uint64_t lookup() const noexcept { return lookup_; }

  private:
    void consider_early_refresh(std::int64_t now) const noexcept {
        const bool drawn = early_.wanted(std::chrono::milliseconds{life_.ends - now}, life_.cost);
        if (drawn) early_drawn_.store(true, std::memory_order_relaxed);
        if (drawn || early_drawn_.load(std::memory_order_relaxed)) life_.wanted->store(true, std::memory_order_relaxed);
    }

  protected:
    const Coherence& coherence_;
    std::shared_ptr<const Proof> proof_;
    std::uint64_t lookup_;
    LastCurrent last_current_;
    ReadMark read_mark_;
    Lifetime life_;
    EntryReads reads_;
    EarlyRefresh early_;
    mutable std::atomic<bool> early_drawn_{false};
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
