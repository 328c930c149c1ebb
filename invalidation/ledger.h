// The ledger of coherence.md: stamps, signatures' births, applied (A), watermark (W), epoch. It holds the three rules;
// it does no I/O.
//
// Thread-safety: current(), latest(), applied(), started(), floor(), rights() and epoch() are lock-free and may be called from
// any thread; register_signature(), signatures(), watch() and the drops from any thread (they take a lock);
// begin_group(),
// stamp(), publish(), advance_watermark() and new_epoch() from one thread at a time, the tailer's; mark_dirty() and
// settle() from any thread, in a ledger that has no tailer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "invalidation/dependency.h"

namespace sabil::invalidation {

// What a signature tells of a row: the values of its columns, or where the one column's value lies.
struct SignatureShape {
    enum class Kind : std::uint8_t {
        values,
        bucket,  // ordinal >> bound, for ranges with two ends; see ordinal.h
        above,   // is the ordinal at least `bound`?
        below,   // is it at most `bound`?
        prefix,  // the first `bound` characters
    } kind = Kind::values;
    std::uint64_t bound = 0;
    bool operator==(const SignatureShape&) const = default;
};

// A table's columns whose values are stamped together: WHERE a = ? AND b = ? registers {a, b}. The empty column set is
// the table's definition: nothing stamps it, but it dies with the table's columns, as every signature does.
struct Signature {
    std::uint32_t id = 0;                // index of its birth, >= 1
    std::vector<std::uint16_t> columns;  // 0-based positions in the table, ascending; one, but for values
    SignatureShape shape = {};
};

// May accounts have other rights than before?
enum class Rights : bool { kept, perhaps_changed };

class Ledger {
  public:
    // slots: number of stamps, a power of two, 2^10..2^28; 8 bytes each.
    explicit Ledger(std::size_t slots = std::size_t{1} << 20);
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    // -- readers
    std::uint64_t epoch() const noexcept;  // >= 1; a floor of epoch 0 is never current
    Sequence applied() const noexcept;     // A
    Sequence started() const noexcept;     // the last group that was begun; >= A
    Floor floor() const noexcept;          // {W, epoch}, of one moment or W older than the epoch
    // The last group that may have changed what accounts may read; known to whoever sees the epoch that came of it. Who
    // took a floor of at least this n before logging in has the rights that a login gives now.
    Sequence rights() const noexcept;
    // max(stamp, birth, the epoch's first group) over all dependencies; above every floor where one is dirty or of a
    // dropped signature.
    Sequence latest(std::span<const Dependency> dependencies) const noexcept;
    // Rules 1 and 3: the epoch is this one and latest() <= floor.n.
    bool current(std::span<const Dependency> dependencies, Floor floor) const noexcept;

    // -- dependencies. Names are folded to lower case (ASCII): a coarser hash costs misses only.
    // A table's stamp: written by every change of the table.
    Dependency table(std::string_view schema, std::string_view table) const noexcept;
    // A table's "all rows" stamp: written where the changed rows cannot be told. Every set with a row() carries it.
    Dependency all_rows(std::string_view schema, std::string_view table) const noexcept;
    // A schema's own stamp: DDL that names no table. Every table dependency set also carries its schema's.
    Dependency schema(std::string_view schema) const noexcept;
    // value_hash: a hash of the values in the signature's column order, equal wherever the server calls them equal.
    Dependency row(std::string_view schema, std::string_view table, const Signature& signature,
                   std::uint64_t value_hash) const noexcept;
    // Registers, or finds, the column set (ascending); its birth is the last group the tailer had started. Where the
    // table has its signatures_per_table, the oldest of an open range is dropped, as moving bounds leave many behind.
    // Errors: out_of_range where there is none, or past signatures_count (the caller then depends on the table).
    Result<Signature> register_signature(std::string_view schema, std::string_view table,
                                         std::vector<std::uint16_t> columns, SignatureShape shape = {});
    // The signatures of a table at this moment, without its definition; null where there are none. The tailer asks
    // after begin_group(), so that a signature it does not see is born no earlier than the group.
    std::shared_ptr<const std::vector<Signature>> signatures(std::string_view schema, std::string_view table) const;
    // After a change of the table's columns: its signatures are gone, and every dependency on them is unservable for
    // good, also where it was resolved before the change and is filled after it.
    void drop_signatures(std::string_view schema, std::string_view table);
    void drop_schema_signatures(std::string_view schema);

    // -- the tailer
    Sequence begin_group();
    void stamp(Dependency dependency, Sequence n) noexcept;
    void publish(Sequence n) noexcept;            // A := n, after all stamps of n
    void advance_watermark(Sequence n) noexcept;  // W := max(W, n), n <= A
    // Begins a group that stamps everything, and returns it: entries filled before are unservable, signatures are gone,
    // and no floor is high enough until W reaches it. The caller publishes it, and advances W to it once all that came
    // before is known to be visible on the server.
    Sequence new_epoch(Rights rights) noexcept;

    // -- writes seen in the path (mode in-path): from mark_dirty() until settle() nothing that depends on it is current
    void mark_dirty(Dependency dependency) noexcept;  // counts, to at most dirty_marks_per_slot
    void settle(Dependency dependency) noexcept;      // stamps with a group of its own, then uncounts

    // -- watched slots: those stamped since they were asked for last
    // From here on a stamp of these slots is told by take_touched(), or had been written before this returned.
    void watch(std::span<const Dependency> dependencies);
    void unwatch(std::uint32_t slot) noexcept;
    struct Touched {
        std::vector<std::uint32_t> slots;  // perhaps more than once
        bool overflowed = false;           // there were more than touched_count_max
    };
    Touched take_touched();
    static constexpr std::size_t touched_count_max = 65536;

    // -- a warm restart
    struct Registered {
        std::string schema;  // in lower case
        std::string table;
        Signature signature;  // without columns: the table's definition
    };
    struct Registry {
        std::vector<Registered> signatures;
        std::uint32_t next_signature = 1;  // ids below were given
    };
    Registry registry() const;
    // In a new ledger, before anything else: goes on in this epoch after group n, with these signatures, all stamps
    // being older. Errors: invalid where an id is given twice or past next_signature.
    Result<void> restore(Floor applied, const Registry& registry);

    static constexpr std::size_t signatures_per_table = 64;                // alive at one time
    static constexpr std::size_t signatures_count = std::size_t{1} << 20;  // in the ledger's life: ids are not reused
    static constexpr std::size_t dirty_marks_per_slot = (std::size_t{1} << 20) - 1;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace sabil::invalidation
