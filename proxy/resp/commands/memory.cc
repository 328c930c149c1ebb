// MEMORY.
#include "cache/base/heap.h"
#include "cache/store/database.h"
#include "proxy/resp/client_memory.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/info_sections.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <malloc.h>

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

// MEMORY USAGE key [SAMPLES count]
void usage(cache::Database& database, Args args, Reply& reply, Session& session) {
    for (std::size_t i = 3; i < args.size(); i += 2) {
        std::int64_t samples = 0;
        if (!equals_ignoring_case(args[i], "samples") || i + 1 >= args.size()) return reply.error(errors::syntax);
        if (!integer_argument(args[i + 1], samples, reply)) return;
        if (samples < 0) return reply.error(errors::syntax);
    }
    auto info = database.object_info(session.key(args[2]));
    if (!info) return reply.null();
    reply.integer(static_cast<std::int64_t>(info->memory_bytes));
}

// MEMORY STATS
void stats(cache::Database&, Args, Reply& reply, Session& session) {
    auto& server = session.server();
    auto& keyspace = server.keyspace;
    auto used = keyspace.memory_bytes();
    auto dataset = keyspace.memory_bytes(cache::EntryClass::owned) + keyspace.memory_bytes(cache::EntryClass::filled);
    std::size_t clients = 0;
    for (const auto& client : server.clients.all()) {
        clients += client_bytes(*client);
    }
    std::uint64_t keys = 0;
    for (unsigned i = 0; i < keyspace.databases_count(); ++i) keys += keyspace.size(i);
    auto mark = reply.open();
    std::size_t pairs = 0;
    auto number = [&](std::string_view name, std::uint64_t value) {
        reply.bulk(name);
        reply.integer(static_cast<std::int64_t>(value));
        ++pairs;
    };
    auto ratio = [&](std::string_view name, double value) {
        reply.bulk(name);
        reply.number(value);
        ++pairs;
    };
    auto resident = resident_bytes();
    number("peak.allocated", keyspace.memory_peak_bytes());
    number("total.allocated", used);
    number("startup.allocated", 0);
    number("replication.backlog", 0);
    number("clients.slaves", 0);
    number("clients.normal", clients);
    number("cluster.links", 0);
    number("aof.buffer", 0);
    number("lua.caches", server.scripting.memory_bytes());
    number("functions.caches", 0);
    number("overhead.total", used - std::min(used, dataset));
    number("keys.count", keys);
    number("keys.bytes-per-key", keys == 0 ? 0 : used / keys);
    number("dataset.bytes", dataset);
    ratio("dataset.percentage", used == 0 ? 0 : 100.0 * static_cast<double>(dataset) / static_cast<double>(used));
    ratio("peak.percentage", keyspace.memory_peak_bytes() == 0 ? 0
                                                              : 100.0 * static_cast<double>(used) /
                                                                    static_cast<double>(keyspace.memory_peak_bytes()));
    number("allocator.allocated", used);
    const auto active = used + heap::waste().unused_bytes;
    number("allocator.active", active);
    number("allocator.resident", resident);
    ratio("allocator-fragmentation.ratio", used == 0 ? 1 : static_cast<double>(active) / static_cast<double>(used));
    number("allocator-fragmentation.bytes", active - used);
    ratio("rss-overhead.ratio", static_cast<double>(resident) / static_cast<double>(std::max<std::uint64_t>(active, 1)));
    reply.bulk("rss-overhead.bytes");
    reply.integer(static_cast<std::int64_t>(resident) - static_cast<std::int64_t>(active));
    ++pairs;
    ratio("fragmentation", used == 0 ? 1 : static_cast<double>(resident) / static_cast<double>(used));
    reply.bulk("fragmentation.bytes");
    reply.integer(static_cast<std::int64_t>(resident) - static_cast<std::int64_t>(used));
    ++pairs;
    reply.close_map(mark, pairs);
}

// MEMORY DOCTOR
void doctor(cache::Database&, Args, Reply& reply, Session& session) {
    auto used = session.server().keyspace.memory_bytes();
    constexpr std::uint64_t small_bytes = 5 << 20;
    if (used < small_bytes) return reply.verbatim("Hardly any memory is in use: there is nothing to say.\n");
    auto resident = resident_bytes();
    const auto waste = heap::waste();
    if (waste.unused_bytes > used / 4) {
        return reply.verbatim("Values that went have left " + std::to_string(waste.unused_bytes) +
                              " bytes unused between those that stay, beside " + std::to_string(used) +
                              " bytes in use. CONFIG SET activedefrag yes gives them back.\n");
    }
    if (resident > used * 3 / 2) {
        return reply.verbatim("The process holds " + std::to_string(resident) + " bytes for " + std::to_string(used) +
                              " bytes of data: memory is fragmented. MEMORY PURGE gives some back.\n");
    }
    reply.verbatim("Memory looks fine.\n");
}

// MEMORY PURGE
void purge(cache::Database&, Args, Reply& reply, Session&) {
    heap::purge();
    reply.ok();
}

// MEMORY MALLOC-STATS
void malloc_stats(cache::Database&, Args, Reply& reply, Session&) {
    auto info = ::mallinfo2();
    reply.verbatim("in use: " + std::to_string(info.uordblks) + " bytes\nfree: " + std::to_string(info.fordblks) +
                   " bytes\nmapped: " + std::to_string(info.hblkhd) + " bytes\n");
}

// MEMORY HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "DOCTOR",
                 "    What is notable about the memory in use.",
                 "MALLOC-STATS",
                 "    What the allocator says.",
                 "PURGE",
                 "    Give free memory back to the system.",
                 "STATS",
                 "    What memory is used for.",
                 "USAGE <key> [SAMPLES <count>]",
                 "    The bytes a key costs.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::server;
constexpr CommandSpec subcommands[] = {
    rows::plain(group, "doctor", 2, 0, "4.0.0", "Tells what is notable about memory.", doctor),
    rows::plain(group, "help", 2, flag::loading | flag::stale, "4.0.0", "Lists the subcommands.", help),
    rows::plain(group, "malloc-stats", 2, 0, "4.0.0", "Returns what the allocator says.", malloc_stats),
    rows::plain(group, "purge", 2, 0, "4.0.0", "Gives free memory back to the system.", purge),
    rows::plain(group, "stats", 2, 0, "4.0.0", "Returns what memory is used for.", stats),
    {.name = "usage",
     .arguments = "key [SAMPLES count:integer]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::one(2, key_flag::ro)},
     .group = group,
     .since = "4.0.0",
     .summary = "Returns the bytes a key costs.",
     .complexity = "O(N) for the samples",
     .handler = usage},
};
constexpr CommandSpec table[] = {
    rows::container(group, "memory", "4.0.0", "Commands about memory.", subcommands),
};

}  // namespace

CommandFamily memory_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
