// Results by key. The key is compared whole; the store's hash is only its way to the slot.
//
// text:   'Q', u32 fingerprint, the statement
// binary: 'X', u32 fingerprint at execution, u32 at preparation, u32 length and text of the statement, types, NULL
//         bitmap, values as they came
// count:  'F', u32 fingerprint, u32 length and text of SELECT FOUND_ROWS(), the text key of the statement it asks about
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cache/store/keyspace.h"
#include "cache/store/provenance.h"
#include "cache/types/blob.h"
#include "proxy/coherence/back_off.h"
#include "proxy/coherence/coherence.h"
#include "proxy/coherence/early_refresh.h"
#include "proxy/mysql_front/execute_view.h"
#include "proxy/mysql_front/fingerprint.h"

namespace sabil::proxy::mysql_front {

// The text as it stands in keys. Comments at the ends are left out, but for those that say how the statement is to be
// cached: they make an entry of their own.
std::string_view text_in_key(std::string_view text) noexcept;

void append_text_key(std::string& out, FingerprintId session, std::string_view text);
void append_execute_key(std::string& out, FingerprintId session, FingerprintId prepared, std::string_view text,
                        std::string_view types, const ExecuteView& execute);

// counted_key: of the SELECT SQL_CALC_FOUND_ROWS before it.
void append_found_rows_key(std::string& out, FingerprintId session, std::string_view text, std::string_view counted_key);

// The key with other ids for its sessions' fingerprints. False: it is no such key, or one of them has no other id.
bool rename_sessions(std::string_view key, const std::unordered_map<FingerprintId, FingerprintId>& ids,
                     std::string& out);

// Of a result that may stand in for errors after its end. Times in coarse milliseconds. Thread-safety: any thread.
class StandIn {
  public:
    // ttl: nothing: only a change ends it.
    StandIn(std::chrono::milliseconds window, std::optional<std::chrono::milliseconds> ttl) noexcept;
    std::chrono::milliseconds window() const noexcept { return window_; }
    bool ended() const noexcept;          // by its ttl
    void shown() const noexcept;          // as current
    bool within_window() const noexcept;  // since it was last known to be current

  private:
    const std::chrono::milliseconds window_;
    const std::int64_t ends_;
    mutable std::atomic<std::int64_t> last_current_;
};

// A filled entry's provenance, and the purges it obeys, in one block with what it depends on: there is one for every
// result. Thread-safety: immutable.
class ResultProvenance final : public cache::Provenance {
  public:
    // A purge's counter: the entry is servable while it is what it was at the fill.
    struct Mark {
        const std::atomic<std::uint32_t>* cell = nullptr;  // nullptr: none; lives as long as the entry
        std::uint32_t value = 0;
        bool holds() const noexcept { return cell == nullptr || cell->load(std::memory_order_acquire) == value; }
    };
    // Null: more than dependencies_count_max. coherence must outlive it.
    static std::unique_ptr<ResultProvenance> make(const Coherence& coherence,
                                                  std::span<const invalidation::Dependency> dependencies,
                                                  invalidation::Floor floor, Mark statement, Mark tag,
                                                  std::unique_ptr<const StandIn> stand_in = nullptr);
    ~ResultProvenance() override;
    void operator delete(void* block) noexcept { ::operator delete(block); }

    bool servable() const noexcept override {
        if (!current()) return false;
        reads_.count();
        if (const auto* extra = extras(); extra != nullptr && extra->stand_in) extra->stand_in->shown();
        return true;
    }
    // Worth its memory.
    bool valid() const noexcept override { return current() || stands_in(); }
    bool current() const noexcept {
        return marks_hold() && coherence_.servable(dependencies(), floor_) && !(stand_in() != nullptr && stand_in()->ended());
    }
    // May it be shown in place of an error? Not what was purged, nor what an earlier epoch had: accounts may have lost
    // rights, or the server data.
    bool stands_in() const noexcept {
        return stand_in() != nullptr && marks_hold() && floor_.epoch == coherence_.floor().epoch &&
               stand_in()->within_window();
    }
    std::chrono::milliseconds outlives_ttl_by() const noexcept {
        return stand_in() != nullptr ? stand_in()->window() : std::chrono::milliseconds{0};
    }
    // Has what it was read from changed? For the first who finds that: was it read before? Else nothing.
    std::optional<bool> died_read() const noexcept {
        if (coherence_.storable(dependencies(), floor_)) return std::nullopt;
        const auto count = reads_.tell();
        return count == EntryReads::told ? std::nullopt : std::optional(count > 0);
    }
    std::size_t heap_bytes() const noexcept override;
    std::span<const invalidation::Dependency> dependencies() const noexcept {
        const auto* at = reinterpret_cast<const char*>(this + 1) + (has_extras_ ? sizeof(Extras*) : 0);
        return {reinterpret_cast<const invalidation::Dependency*>(at), dependencies_count_};
    }
    invalidation::Floor floor() const noexcept { return floor_; }
    bool marks_hold() const noexcept { return statement().holds() && (!has_extras_ || extras()->tag.holds()); }
    Mark tag() const noexcept { return has_extras_ ? extras()->tag : Mark{}; }
    const EarlyRefresh& early() const noexcept { return early_; }

    static constexpr std::size_t dependencies_count_max = 0x7fff;

  private:
    // What few entries have.
    struct Extras {
        Mark tag;
        std::unique_ptr<const StandIn> stand_in;  // null: it ends where it ends
    };
    ResultProvenance(const Coherence& coherence, std::span<const invalidation::Dependency> dependencies,
                     invalidation::Floor floor, Mark statement, std::unique_ptr<Extras> extras) noexcept;
    Mark statement() const noexcept { return {statement_cell_, statement_value_}; }
    const Extras* extras() const noexcept {
        return has_extras_ ? *reinterpret_cast<Extras* const*>(this + 1) : nullptr;
    }
    const StandIn* stand_in() const noexcept { return has_extras_ ? extras()->stand_in.get() : nullptr; }

    const Coherence& coherence_;
    const std::atomic<std::uint32_t>* statement_cell_;
    invalidation::Floor floor_;
    std::uint32_t statement_value_;
    std::uint16_t dependencies_count_ : 15;
    std::uint16_t has_extras_ : 1;  // a pointer to them follows, and then the dependencies
    EntryReads reads_;
    EarlyRefresh early_;
};

// Thread-safety: any thread; each call takes the key's slice lock and no other.
class ResultCache {
  public:
    // keyspace must outlive it.
    explicit ResultCache(cache::Keyspace& keyspace) : keyspace_(keyspace) {}

    // May it be this reader who fills an entry that ends soon? See proxy/coherence/early_refresh.h.
    enum class Early : std::uint8_t { no, may };

    struct Found {
        cache::BlobRef result;  // empty: nothing to serve
        bool stale = false;     // an entry was there and could not be served
        bool early = false;     // it could, but ends soon: this reader is to fill it anew
        std::optional<bool> died_read;  // ... as ResultProvenance tells
    };
    Found find(std::string_view key, Early early = Early::no);
    // Of the entry of this key, as ResultProvenance tells; nothing where there is none.
    std::optional<bool> died_read(std::string_view key);
    // A result that has ended and may stand in for an error; empty: none.
    cache::BlobRef find_stand_in(std::string_view key);
    // Is memory so short that only statements asked for before are worth any?
    bool under_pressure() const noexcept;

    // What would be served, with its proof; empty result: nothing.
    struct Proven {
        cache::BlobRef result;
        invalidation::Dependencies dependencies;
        invalidation::Floor floor;
    };
    Proven find_proven(std::string_view key);

    enum class Outcome : std::uint8_t { stored, older_than_present, no_room };
    Outcome store(std::string_view key, cache::BlobRef result, std::unique_ptr<ResultProvenance> provenance,
                  std::optional<std::chrono::milliseconds> ttl);

  private:
    cache::Keyspace& keyspace_;
};

}  // namespace sabil::proxy::mysql_front
