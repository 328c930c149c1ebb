// What the coherence engine must be told at start.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "mysql/client/connect_options.h"

namespace sabil::mysql {
class Pool;
}

namespace sabil::proxy::coherence {

// cache.coherence: `automatic` takes the best mode the server allows, `coherent` that one or none.
enum class Wish : std::uint8_t { automatic, coherent, in_path, ttl };

struct Options {
    mysql::ConnectOptions connect;                  // for the probes and the dump; without a database
    std::chrono::milliseconds connect_limit{2000};  // for each attempt, as far as `connect` allows that much
    std::chrono::milliseconds max_staleness{1000};  // >= 50
    Wish wish = Wish::automatic;
    mysql::Pool* pool = nullptr;  // for reading the schema; never null, outlives the engine. The engine sets
                                  // its identity check: fills reach the server that the probes reach
    std::vector<std::string> preload;  // schemas whose tables are read at start, before start() returns
    std::chrono::milliseconds preload_limit{2000};  // for all of them; they are read on, if need be, after start()
    std::chrono::milliseconds start_limit{10000};  // for start(): to connect, decide the mode and open the dump
    std::chrono::milliseconds heartbeat_period{500};
    std::chrono::milliseconds silence_limit{3000};  // the dump connection without any packet is lost
    std::chrono::milliseconds hold_off{2000};     // best-effort: how long a change may take from the binlog to readers
    std::chrono::milliseconds backoff_max{500};   // between attempts to reach the server
    std::string resume;  // SavePoint::bytes of the process before; empty: none. Bytes that cannot be used are ignored
    std::chrono::seconds improve_period{30};      // automatic, in a weaker mode: how often a better one is tried
};

}  // namespace sabil::proxy::coherence
