// What the RESP face asks of lookups: keys that are filled from MySQL on a miss.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sabil::cache {
class Database;
}

namespace sabil::proxy::resp {

enum class FillOutcome : std::uint8_t {
    filled,       // the store now holds a current value (or a remembered absence): run the command
    one_shot,     // the value is current for this command only (rule 1 forbids storing it): see FillResult::put
    unavailable,  // MySQL could not be asked in time: answer -MYSQLDOWN, `message` says why
    error,        // MySQL answered with an error: answer -LOOKUP, `message` carries it
};

struct FillResult {
    FillOutcome outcome = FillOutcome::filled;
    std::string message;
    // Set with one_shot only. Puts the value under its key, to be served for as long as the caller holds the key's
    // slice: the dispatcher calls it with that slice held, runs the command, then drops the entry before it lets go.
    // An absent row is a one_shot whose put does nothing. May be called on any worker, once per waiting command.
    std::function<void(cache::Database&)> put;
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
    // the pool or, where the answer is at hand, before fill() returns; within the lookup's time limit. The caller
    // posts it back to its own worker.
    virtual void fill(unsigned database, std::string key, std::function<void(FillResult)> done) = 0;
    // A client that tracks its reads has been answered from this key, whose slice is held: where a lookup fills it, its
    // next change in the database calls RespServer::key_invalidated(). False where that cannot be promised (the value
    // was for this command only): the client must be told at once.
    virtual bool track(cache::Database& /*database*/, std::string_view key) { return match(key).empty(); }
    // Counters for sabil_hits_total{face="resp"} and the lookup's own.
    virtual void count_hit(std::string_view lookup) noexcept = 0;
    // The same with the key, whose slice is held: a share of the hits is audited.
    virtual void hit(cache::Database& /*database*/, std::string_view /*key*/, std::string_view lookup) {
        count_hit(lookup);
    }
    // How long the command took that read `count` keys from memory: sabil_request_seconds.
    virtual void time_hits(std::uint32_t count, std::chrono::nanoseconds took) noexcept = 0;
};

}  // namespace sabil::proxy::resp
