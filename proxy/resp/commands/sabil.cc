// SABIL: what this server has beyond Redis.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/sabil_admin.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <optional>

namespace sabil::proxy::resp {
namespace {

constexpr std::size_t default_queries = 20;
constexpr std::int64_t queries_max = 10'000;

SabilAdmin* admin_of(Session& session, Reply& reply) {
    auto* admin = session.server().services.admin;
    if (admin == nullptr) reply.error("ERR this server has no database behind it; configure [mysql]");
    return admin;
}

void reply_value(Reply& reply, const AdminValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        reply.integer(*number);
    } else if (const auto* real = std::get_if<double>(&value)) {
        reply.number(*real);
    } else if (const auto* truth = std::get_if<bool>(&value)) {
        reply.boolean(*truth);
    } else {
        reply.bulk(std::get<std::string>(value));
    }
}

void reply_record(Reply& reply, const AdminRecord& record) {
    reply.map(record.size());
    for (const auto& [name, value] : record) {
        reply.bulk(name);
        reply_value(reply, value);
    }
}

void reply_records(Reply& reply, const std::vector<AdminRecord>& records) {
    reply.array(records.size());
    for (const auto& record : records) reply_record(reply, record);
}

// SABIL STATUS
void status(cache::Database&, Args, Reply& reply, Session& session) {
    if (auto* admin = admin_of(session, reply)) reply_record(reply, admin->status());
}

// SABIL LOOKUPS
void lookups(cache::Database&, Args, Reply& reply, Session& session) {
    if (auto* admin = admin_of(session, reply)) reply_records(reply, admin->lookups());
}

std::optional<QueryOrder> parse_order(std::string_view word) {
    if (equals_ignoring_case(word, "hits")) return QueryOrder::hits;
    if (equals_ignoring_case(word, "saved")) return QueryOrder::saved;
    if (equals_ignoring_case(word, "bytes")) return QueryOrder::bytes;
    if (equals_ignoring_case(word, "misses")) return QueryOrder::misses;
    return {};
}

// SABIL QUERIES [LIMIT n] [BY hits|saved|bytes|misses]
void queries(cache::Database&, Args args, Reply& reply, Session& session) {
    std::int64_t limit = default_queries;
    auto order = QueryOrder::hits;
    for (std::size_t i = 2; i < args.size(); i += 2) {
        if (i + 1 >= args.size()) return reply.error(errors::syntax);
        if (equals_ignoring_case(args[i], "limit")) {
            if (!integer_in_range(args[i + 1], 1, queries_max, limit, reply)) return;
        } else if (equals_ignoring_case(args[i], "by")) {
            auto parsed = parse_order(args[i + 1]);
            if (!parsed) return reply.error("ERR SABIL QUERIES orders by hits, saved, bytes or misses");
            order = *parsed;
        } else {
            return reply.error(errors::syntax);
        }
    }
    if (auto* admin = admin_of(session, reply)) {
        reply_records(reply, admin->queries(static_cast<std::size_t>(limit), order));
    }
}

// SABIL EXPLAIN statement
void explain(cache::Database&, Args args, Reply& reply, Session& session) {
    auto* admin = admin_of(session, reply);
    if (admin == nullptr) return;
    auto explained = admin->explain(args[2]);
    if (!explained) return reply.error("ERR ", explained.error().message);
    reply_record(reply, *explained);
}

std::optional<PurgeScope> parse_scope(std::string_view word) {
    if (equals_ignoring_case(word, "all")) return PurgeScope::all;
    if (equals_ignoring_case(word, "table")) return PurgeScope::table;
    if (equals_ignoring_case(word, "lookup")) return PurgeScope::lookup;
    if (equals_ignoring_case(word, "query")) return PurgeScope::query;
    if (equals_ignoring_case(word, "tag")) return PurgeScope::tag;
    return {};
}

// SABIL PURGE ALL | TABLE schema.table | LOOKUP name | QUERY digest | TAG t
void purge(cache::Database&, Args args, Reply& reply, Session& session) {
    auto scope = parse_scope(args[2]);
    if (!scope || args.size() != (*scope == PurgeScope::all ? 3U : 4U)) {
        return reply.error(
            "ERR SABIL PURGE takes ALL, TABLE schema.table, LOOKUP name, QUERY digest or TAG tag");
    }
    auto* admin = admin_of(session, reply);
    if (admin == nullptr) return;
    auto purged = admin->purge(*scope, args.size() == 4 ? args[3] : std::string_view());
    if (!purged) return reply.error("ERR ", purged.error().message);
    reply.integer(static_cast<std::int64_t>(*purged));
}

// SABIL HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"SABIL <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "STATUS",
                 "    Coherence mode, epoch, positions, lag, entries and hit rates.",
                 "LOOKUPS",
                 "    The lookups with their counters.",
                 "QUERIES [LIMIT <n>] [BY hits|saved|bytes|misses]",
                 "    The statements of the MySQL port with their counters.",
                 "EXPLAIN <select>",
                 "    Whether a statement is cached, its key and its dependencies.",
                 "PURGE ALL | TABLE <schema.table> | LOOKUP <name> | QUERY <digest> | TAG <tag>",
                 "    Drop entries.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::server;
constexpr auto admin_flags = flag::admin | flag::noscript;
constexpr CommandSpec subcommands[] = {
    rows::plain(group, "explain", 3, admin_flags, "0.1.0", "Tells whether a statement is cached, and why.", explain)
        .takes("statement"),
    rows::plain(group, "help", 2, flag::loading | flag::stale, "0.1.0", "Lists the subcommands.", help),
    rows::plain(group, "lookups", 2, admin_flags, "0.1.0", "Returns the lookups with their counters.", lookups),
    rows::plain(group, "purge", -3, admin_flags, "0.1.0", "Drops entries.", purge)
        .takes("(<what> ALL | TABLE table | LOOKUP lookup | QUERY digest | TAG tag)"),
    rows::plain(group, "queries", -2, admin_flags, "0.1.0", "Returns the statements with their counters.", queries)
        .takes("[LIMIT limit:integer] [<order:BY> HITS | SAVED | BYTES | MISSES]"),
    rows::plain(group, "status", 2, admin_flags, "0.1.0", "Returns the state of the cache.", status),
};
constexpr CommandSpec table[] = {
    rows::container(group, "sabil", "0.1.0", "Commands about the cache in front of MySQL.", subcommands),
};

}  // namespace

CommandFamily sabil_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
