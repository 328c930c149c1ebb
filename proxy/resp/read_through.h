// What the RESP face asks of lookups: keys that are filled from MySQL on a miss.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sabil::proxy::resp {

enum class FillOutcome : std::uint8_t {
    filled,       // the key now holds a current value (or a remembered absence): run the command
    unavailable,  // MySQL could not be asked in time: answer -MYSQLDOWN, `message` says why
    error,        // MySQL answered with an error: answer -LOOKUP, `message` carries it
};

// Thread-safety: any thread; match() neither blocks nor locks.
class ReadThrough {
  public:
    virtual ~ReadThrough() = default;
    // True where no lookup is configured: lets the dispatcher skip the rest.
    virtual bool empty() const noexcept = 0;
    // The name of the lookup that fills this key; empty where none does.
    virtual std::string_view match(std::string_view key) const noexcept = 0;
    // Starts a fill of the key, or joins the one under way (single flight). `done` runs exactly once, on a thread of
    // the pool, within the lookup's time limit; the caller posts it back to its own worker. A filled value that may
    // not be stored (rule 1) is offered as a one-shot: the entry is stored with a provenance that serves `done` only.
    virtual void fill(unsigned database, std::string key, std::function<void(FillOutcome, std::string message)> done) = 0;
    // Counters for sabil_hits_total{face="resp"} and the lookup's own.
    virtual void count_hit(std::string_view lookup) noexcept = 0;
};

}  // namespace sabil::proxy::resp
