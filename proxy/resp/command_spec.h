// A command's row: its only truth. Arity and access checks, locking, ACL categories, COMMAND INFO and DOCS, and the
// names in the statistics are all read from here.
#pragma once

#include "proxy/resp/args.h"
#include "proxy/resp/key_spec.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace sabil::cache {
class Database;
}

namespace sabil::proxy::resp {

class Reply;
class Session;

// Runs one command. The slices of its keys are held; `args` views the read buffer and is valid until the return;
// exactly one reply is written. Called on any worker, for many sessions at once: keeps no state of its own.
using CommandHandler = void (*)(cache::Database& database, Args args, Reply& reply, Session& session);

// Finds keys that no KeySpec can describe: the argument numbers of the keys, with their key_flag bits.
struct FoundKey {
    std::uint32_t argument = 0;
    std::uint16_t flags = 0;
};
using KeyFinder = void (*)(Args args, std::vector<FoundKey>& found);

// What a command does with the data. There is no default: a row that does not say does not compile.
class Access {
  public:
    enum Kind : std::uint8_t { none_kind, read_kind, write_kind };
    static constexpr Access none() { return Access{none_kind}; }    // touches no user data
    static constexpr Access read() { return Access{read_kind}; }    // changes nothing
    static constexpr Access write() { return Access{write_kind}; }  // may change data: goes to the log and replicas
    constexpr bool reads() const noexcept { return kind_ == read_kind; }
    constexpr bool writes() const noexcept { return kind_ == write_kind; }

  private:
    explicit constexpr Access(Kind kind) : kind_(kind) {}
    Kind kind_;
};

namespace flag {
inline constexpr std::uint32_t denyoom = 1 << 0;  // refused while memory is over the limit
inline constexpr std::uint32_t admin = 1 << 1;
inline constexpr std::uint32_t pubsub = 1 << 2;
inline constexpr std::uint32_t noscript = 1 << 3;
inline constexpr std::uint32_t blocking = 1 << 4;
inline constexpr std::uint32_t loading = 1 << 5;  // allowed while the data set is loading
inline constexpr std::uint32_t stale = 1 << 6;
inline constexpr std::uint32_t skip_monitor = 1 << 7;
inline constexpr std::uint32_t skip_slowlog = 1 << 8;
inline constexpr std::uint32_t asking = 1 << 9;
inline constexpr std::uint32_t fast = 1 << 10;  // constant or logarithmic time
inline constexpr std::uint32_t no_auth = 1 << 11;
inline constexpr std::uint32_t may_replicate = 1 << 12;
inline constexpr std::uint32_t no_mandatory_keys = 1 << 13;
inline constexpr std::uint32_t protected_command = 1 << 14;
inline constexpr std::uint32_t no_async_loading = 1 << 15;
inline constexpr std::uint32_t no_multi = 1 << 16;
inline constexpr std::uint32_t allow_busy = 1 << 17;  // allowed while a script runs past its time limit
inline constexpr std::uint32_t touches_arbitrary_keys = 1 << 18;
// The following are this server's own and are not shown to clients.
inline constexpr std::uint32_t all_slices = 1 << 24;    // the dispatcher holds every slice (FLUSHALL, SWAPDB)
inline constexpr std::uint32_t own_slices = 1 << 25;    // the handler takes the slices it needs (SCAN, EXEC, INFO)
inline constexpr std::uint32_t drops_filled = 1 << 26;  // a write that is allowed on a lookup's key, as it drops it
}  // namespace flag

namespace acl {
inline constexpr std::uint32_t keyspace = 1 << 0;
inline constexpr std::uint32_t read = 1 << 1;
inline constexpr std::uint32_t write = 1 << 2;
inline constexpr std::uint32_t set = 1 << 3;
inline constexpr std::uint32_t sorted_set = 1 << 4;
inline constexpr std::uint32_t list = 1 << 5;
inline constexpr std::uint32_t hash = 1 << 6;
inline constexpr std::uint32_t string = 1 << 7;
inline constexpr std::uint32_t bitmap = 1 << 8;
inline constexpr std::uint32_t hyperloglog = 1 << 9;
inline constexpr std::uint32_t geo = 1 << 10;
inline constexpr std::uint32_t stream = 1 << 11;
inline constexpr std::uint32_t pubsub = 1 << 12;
inline constexpr std::uint32_t admin = 1 << 13;
inline constexpr std::uint32_t fast = 1 << 14;
inline constexpr std::uint32_t slow = 1 << 15;
inline constexpr std::uint32_t blocking = 1 << 16;
inline constexpr std::uint32_t dangerous = 1 << 17;
inline constexpr std::uint32_t connection = 1 << 18;
inline constexpr std::uint32_t transaction = 1 << 19;
inline constexpr std::uint32_t scripting = 1 << 20;
// In a row: the group's category does not apply.
inline constexpr std::uint32_t not_of_group = 1U << 31;
}  // namespace acl

enum class Group : std::uint8_t {
    generic,
    string,
    list,
    set,
    sorted_set,
    hash,
    pubsub,
    transactions,
    connection,
    server,
    scripting,
    hyperloglog,
    cluster,
    geo,
    stream,
    bitmap,
};

struct CommandSpec {
    std::string_view name;  // lower case; of a subcommand, only its own word
    std::string_view arguments = {};  // in the notation of command_syntax.h; empty: none
    int arity;              // arguments with the name (and, for a subcommand, its container's); negative: at least
    Access access;
    std::uint32_t flags = 0;
    KeySpecs keys = {};
    KeyFinder find_keys = nullptr;  // where the specs cannot name all keys
    Group group = Group::generic;
    std::string_view since = {};
    std::string_view summary = {};
    std::string_view complexity = {};
    // Beyond those that follow from access, flags and group (see acl_categories()).
    std::uint32_t acl = 0;
    CommandHandler handler = nullptr;  // null only in containers, which need a subcommand
    std::span<const CommandSpec> subcommands = {};
    std::string_view deprecated_since = {};
    std::string_view replaced_by = {};

    // The row with what it takes, for rows that are made by a function.
    constexpr CommandSpec takes(std::string_view syntax) const {
        CommandSpec row = *this;
        row.arguments = syntax;
        return row;
    }
};

// The rows of one family file, as listed once in command_families.cc.
using CommandFamily = std::span<const CommandSpec>;

// All of the command's ACL categories: @read, @write, @admin with @dangerous, @pubsub, @blocking, @fast or @slow from
// its flags, its group's category, and its own.
std::uint32_t acl_categories(const CommandSpec& command) noexcept;

}  // namespace sabil::proxy::resp
