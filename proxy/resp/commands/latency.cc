// LATENCY.
#include "proxy/resp/command_families.h"
#include "proxy/resp/command_table.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <algorithm>
#include <chrono>

namespace sabil::proxy::resp {
namespace {

// LATENCY LATEST
void latest(cache::Database&, Args, Reply& reply, Session& session) {
    auto events = session.server().latency.events();
    reply.array(events.size());
    for (const auto& event : events) {
        reply.array(4);
        reply.bulk(event.name);
        reply.integer(event.newest.unix_seconds);
        reply.integer(static_cast<std::int64_t>(event.newest.milliseconds));
        reply.integer(static_cast<std::int64_t>(event.max_milliseconds));
    }
}

// LATENCY HISTORY event
void history(cache::Database&, Args args, Reply& reply, Session& session) {
    for (const auto& event : session.server().latency.events()) {
        if (event.name != args[2]) continue;
        reply.array(event.samples.size());
        for (const auto& sample : event.samples) {
            reply.array(2);
            reply.integer(sample.unix_seconds);
            reply.integer(static_cast<std::int64_t>(sample.milliseconds));
        }
        return;
    }
    reply.array(0);
}

// LATENCY RESET [event [event ...]]
void reset(cache::Database&, Args args, Reply& reply, Session& session) {
    auto& latency = session.server().latency;
    if (args.size() == 2) return reply.integer(static_cast<std::int64_t>(latency.reset_all()));
    std::size_t count = 0;
    for (auto event : args.subspan(2)) count += latency.reset(event);
    reply.integer(static_cast<std::int64_t>(count));
}

// LATENCY GRAPH event
void graph(cache::Database&, Args args, Reply& reply, Session& session) {
    constexpr std::size_t bar_max = 60;
    for (const auto& event : session.server().latency.events()) {
        if (event.name != args[2]) continue;
        const auto [low, high] = std::minmax_element(
            event.samples.begin(), event.samples.end(),
            [](const auto& a, const auto& b) { return a.milliseconds < b.milliseconds; });
        if (low == event.samples.end()) break;
        std::string out = event.name + " - high " + std::to_string(high->milliseconds) + " ms, low " +
                          std::to_string(low->milliseconds) + " ms (all time high " +
                          std::to_string(event.max_milliseconds) + " ms)\n" + std::string(80, '-') + "\n";
        for (const auto& sample : event.samples) {
            auto bar = sample.milliseconds * bar_max / std::max<std::uint64_t>(1, event.max_milliseconds);
            out += std::to_string(sample.unix_seconds) + " " + std::string(std::max<std::uint64_t>(1, bar), '#') +
                   " " + std::to_string(sample.milliseconds) + " ms\n";
        }
        return reply.verbatim(out);
    }
    reply.error("ERR No samples available for event '" + std::string(args[2]), "'");
}

// LATENCY DOCTOR
void doctor(cache::Database&, Args, Reply& reply, Session& session) {
    auto& server = session.server();
    if (server.settings.latency_threshold_ms == 0) {
        return reply.verbatim(
            "Latency monitoring is off. Set latency-monitor-threshold to a number of milliseconds to begin.\n");
    }
    auto events = server.latency.events();
    if (events.empty()) return reply.verbatim("No latency spike was seen so far.\n");
    std::string out;
    for (const auto& event : events) {
        out += event.name + ": " + std::to_string(event.samples.size()) + " spikes, the worst of " +
               std::to_string(event.max_milliseconds) + " ms. See SLOWLOG GET for the commands.\n";
    }
    reply.verbatim(out);
}

struct Histogram {
    std::uint64_t calls = 0;
    std::uint64_t buckets[CommandCounts::buckets_count] = {};
};

Histogram histogram_of(const ServerState& server, const Command& command) {
    Histogram out;
    for (const auto& stats : server.stats) {
        const auto& counts = stats->commands[command.id];
        out.calls += counts.calls.get();
        for (std::size_t i = 0; i < CommandCounts::buckets_count; ++i) out.buckets[i] += counts.latency[i].get();
    }
    return out;
}

void reply_histogram(Reply& reply, const Command& command, const Histogram& histogram) {
    reply.bulk(command.name);
    reply.map(2);
    reply.bulk("calls");
    reply.integer(static_cast<std::int64_t>(histogram.calls));
    reply.bulk("histogram_usec");
    auto mark = reply.open();
    std::size_t pairs = 0;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < CommandCounts::buckets_count; ++i) {
        if (histogram.buckets[i] == 0) continue;
        sum += histogram.buckets[i];
        reply.integer(std::int64_t{1} << i);
        reply.integer(static_cast<std::int64_t>(sum));
        ++pairs;
    }
    reply.close_map(mark, pairs);
}

// LATENCY HISTOGRAM [command [command ...]]
void histogram(cache::Database&, Args args, Reply& reply, Session& session) {
    const auto& server = session.server();
    auto chosen = [&](const Command& command) {
        if (args.size() == 2) return true;
        return std::any_of(args.begin() + 2, args.end(), [&](std::string_view name) {
            return equals_ignoring_case(name, command.name) ||
                   (command.container != nullptr && equals_ignoring_case(name, command.container->name));
        });
    };
    auto mark = reply.open();
    std::size_t count = 0;
    for (const auto& command : command_table().all()) {
        if (!chosen(*command)) continue;
        auto found = histogram_of(server, *command);
        if (found.calls == 0) continue;
        reply_histogram(reply, *command, found);
        ++count;
    }
    reply.close_map(mark, count);
}

// LATENCY HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "DOCTOR",
                 "    What the spikes look like, in words.",
                 "GRAPH <event>",
                 "    The spikes of an event, drawn.",
                 "HISTORY <event>",
                 "    The spikes of an event.",
                 "LATEST",
                 "    The newest spike of each event.",
                 "RESET [<event> ...]",
                 "    Forget spikes.",
                 "HISTOGRAM [COMMAND ...]",
                 "    How long commands took, cumulated over powers of two of microseconds.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::server;
constexpr auto admin = flag::admin | flag::noscript | flag::loading | flag::stale;
constexpr CommandSpec subcommands[] = {
    rows::plain(group, "doctor", 2, admin, "2.8.13", "Describes latency spikes in words.", doctor),
    rows::plain(group, "graph", 3, admin, "2.8.13", "Draws the spikes of an event.", graph)
        .takes("event"),
    rows::plain(group, "help", 2, flag::loading | flag::stale, "2.8.13", "Lists the subcommands.", help),
    rows::plain(group, "histogram", -2, admin, "7.0.0", "Returns how long commands took.", histogram)
        .takes("[command]..."),
    rows::plain(group, "history", 3, admin, "2.8.13", "Returns the spikes of an event.", history)
        .takes("event"),
    rows::plain(group, "latest", 2, admin, "2.8.13", "Returns the newest spike of each event.", latest),
    rows::plain(group, "reset", -2, admin, "2.8.13", "Forgets spikes.", reset)
        .takes("[event]..."),
};
constexpr CommandSpec table[] = {
    rows::container(group, "latency", "2.8.13", "Commands about latency.", subcommands),
};

}  // namespace

CommandFamily latency_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
