// The ledger of coherence.md: stamps, signatures' births, applied (A), watermark (W), epoch. It holds the three rules;
// it does no I/O.
//
// Thread-safety: current(), latest(), applied(), floor() and epoch() are lock-free and may be called from any thread;
// register_signature() from any thread (takes a lock); begin_group(), stamp(), publish(), advance_watermark() and
// new_epoch() from one thread at a time, the tailer's.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "invalidation/dependency.h"

namespace sabil::invalidation {

// A table's columns whose values are stamped together: WHERE a = ? AND b = ? registers {a, b}.
struct Signature {
    std::uint32_t id = 0;                 // index of its birth, >= 1
    std::vector<std::uint16_t> columns;   // ordinal positions in the table, ascending
};

class Ledger {
  public:
    // slots: number of stamps, a power of two, 2^10..2^28; 8 bytes each.
    explicit Ledger(std::size_t slots = std::size_t{1} << 20);

    // -- readers
    std::uint64_t epoch() const noexcept;
    Sequence applied() const noexcept;   // A
    Floor floor() const noexcept;        // {W, epoch}, read together
    // max(stamp, birth) over all dependencies; 0 where nothing touched them.
    Sequence latest(std::span<const Dependency> dependencies) const noexcept;
    // Rules 1 and 3: the epoch is this one and latest() <= floor.n.
    bool current(std::span<const Dependency> dependencies, Floor floor) const noexcept;

    // -- dependencies
    Dependency table(std::string_view schema, std::string_view table) const noexcept;
    // A schema's own stamp: DDL that names no table. Every table dependency set also carries its schema's.
    Dependency schema(std::string_view schema) const noexcept;
    // value_hash: a hash of the values in the signature's column order, equal wherever the server calls them equal.
    Dependency row(std::string_view schema, std::string_view table, const Signature& signature,
                   std::uint64_t value_hash) const noexcept;
    // Registers, or finds, the column set; its birth is the last group the tailer had started. Errors: out_of_range
    // past signatures_per_table or signatures in all (the caller then depends on the table).
    Result<Signature> register_signature(std::string_view schema, std::string_view table,
                                         std::vector<std::uint16_t> columns);
    // The signatures of a table at this moment; for the tailer. Cheap where there are none.
    std::shared_ptr<const std::vector<Signature>> signatures(std::string_view schema, std::string_view table) const;
    // After a change of the table's columns: its signatures are gone, and every dependency on them is unservable.
    void drop_signatures(std::string_view schema, std::string_view table);

    // -- the tailer
    Sequence begin_group();
    void stamp(Dependency dependency, Sequence n) noexcept;
    void publish(Sequence n) noexcept;            // A := n, after all stamps of n
    void advance_watermark(Sequence n) noexcept;  // W := max(W, n), n <= A
    void new_epoch() noexcept;                    // every entry filled before is unservable

    // -- writes seen in the path (mode in-path): from mark_dirty() until settle() nothing that depends on it is current
    void mark_dirty(Dependency dependency) noexcept;   // any thread; counts
    void settle(Dependency dependency) noexcept;       // any thread; stamps, then uncounts

    static constexpr std::size_t signatures_per_table = 64;
    static constexpr std::size_t signatures_count = 65536;

  private:
    struct State;
    std::unique_ptr<State> state_;
  public:
    ~Ledger();
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;
};

}  // namespace sabil::invalidation
