// The conversation of MIGRATE with the other server: logs in, chooses the database, restores keys there. It runs on one
// worker's event loop, and each of its steps has the whole time limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sabil::proxy::net {
class Worker;
}

namespace sabil::proxy::resp {

struct MigratedKey {
    std::string key;
    std::string payload;      // as DUMP gives it
    std::int64_t ttl_ms = 0;  // 0: none
};

struct MigrationTarget {
    std::string host, port;
    std::string user, password;  // no user: AUTH with the password alone; no password: no AUTH
    std::string database;
    std::chrono::milliseconds timeout{1000};
    bool replace = false;
};

struct MigrationSteps {
    std::function<void()> started;  // before anything is sent, once the caller has returned to its event loop
    // The keys that the other server has accepted; returns those that changed meanwhile and are to be sent again.
    std::function<std::vector<MigratedKey>(std::vector<MigratedKey> accepted)> accepted;
    // Once, at the end: the error's text as a reply has it, without its dash, or nothing.
    std::function<void(const std::string& error)> finished;
};

// A key that changes while it travels is sent again, this often.
constexpr int migration_rounds_max_count = 8;
// A connection is kept so long for the next MIGRATE to the same server, so many of each worker.
constexpr std::chrono::seconds migration_link_idle{10};
constexpr std::size_t migration_links_max_count = 64;

// Returns at once; all steps are called on the worker's thread.
void start_migration(net::Worker& worker, MigrationTarget target, std::vector<MigratedKey> keys, MigrationSteps steps);

// Connections to other servers that wait for the next MIGRATE: of INFO. Any thread.
std::size_t idle_migration_links_count() noexcept;

}  // namespace sabil::proxy::resp
