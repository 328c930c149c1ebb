#include "proxy/app/admin.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "invalidation/sql/statement.h"
#include "proxy/app/explain.h"

namespace sabil::proxy::app {
namespace {

using resp::AdminRecord;
using resp::PurgeScope;
using resp::QueryOrder;

std::int64_t whole(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

double weight(const mysql_front::StatementFigures& figures, QueryOrder order) {
    switch (order) {
        case QueryOrder::hits:
            return static_cast<double>(figures.hits);
        case QueryOrder::saved:
            return figures.saved_ms;
        case QueryOrder::bytes:
            return static_cast<double>(figures.bytes);
        case QueryOrder::misses:
            return static_cast<double>(figures.misses);
    }
    return 0;
}

std::string quoted(std::string_view name) {
    std::string out = "`";
    for (char c : name) out.append(c == '`' ? 2 : 1, c);
    return out + "`";
}

}  // namespace

std::vector<AdminRecord> Admin::lookups() {
    std::vector<AdminRecord> out;
    if (parts_.lookups == nullptr) return out;
    for (const auto& state : parts_.lookups->states()) {
        auto counts = state->counts();
        out.push_back({{"lookup", state->config().name},
                       {"key", state->config().key},
                       {"as", std::string(readthrough::encoding_name(state->config().as))},
                       {"hits", whole(counts.hits)},
                       {"misses", whole(counts.misses)},
                       {"fills", whole(counts.fills)},
                       {"errors", whole(counts.errors)},
                       {"negative", whole(counts.negative)},
                       {"stale", whole(counts.stale)},
                       {"saved_ms", counts.saved_ms},
                       {"query", state->config().query},
                       {"last_error", state->last_error()}});
    }
    return out;
}

std::vector<AdminRecord> Admin::queries(std::size_t limit, QueryOrder order) {
    std::vector<AdminRecord> out;
    auto* face = front();
    if (face == nullptr) return out;
    auto figures = face->statements();
    std::erase_if(figures, [](const auto& one) { return one.hits + one.misses + one.bypassed == 0; });
    auto shown = std::min(limit, figures.size());
    std::partial_sort(figures.begin(), figures.begin() + static_cast<std::ptrdiff_t>(shown), figures.end(),
                      [&](const auto& a, const auto& b) { return weight(a, order) > weight(b, order); });
    for (std::size_t i = 0; i < shown; ++i) {
        const auto& one = figures[i];
        out.push_back({{"query", one.text},
                       {"digest", one.digest},
                       {"hits", whole(one.hits)},
                       {"misses", whole(one.misses)},
                       {"not_cached", whole(one.bypassed)},
                       {"reason", one.reason},
                       {"invalidations", whole(one.invalidations)},
                       {"bytes", whole(one.bytes)},
                       {"saved_ms", one.saved_ms}});
    }
    return out;
}

Result<AdminRecord> Admin::explain(std::string_view statement) {
    return explain_statement(statement, parts_.coherence, parts_.default_schema);
}

std::uint64_t Admin::drop_unservable() {
    return parts_.keyspace.drop_filled(
        [](unsigned, const cache::KeyRef&, const cache::Provenance& provenance) { return !provenance.valid(); });
}

Result<std::uint64_t> Admin::purge_table(std::string_view name) {
    auto dot = name.find('.');
    auto schema = dot == std::string_view::npos ? std::string_view(parts_.default_schema) : name.substr(0, dot);
    auto table = dot == std::string_view::npos ? name : name.substr(dot + 1);
    if (schema.empty() || table.empty()) {
        return fail(ErrorCode::invalid, "write the table as schema.table, not '" + std::string(name) + "'");
    }
    auto statement = invalidation::sql::analyze("SELECT * FROM " + quoted(schema) + "." + quoted(table), {});
    auto found = parts_.coherence->dependencies(statement, schema, {});
    if (!found.dependencies && found.reason != "schema_loading") {
        return fail(ErrorCode::not_found,
                    "there is no table '" + std::string(name) + "' to purge (" + found.reason + ")");
    }
    drop_unservable();  // what was stale before is not this purge's doing
    auto floor = parts_.coherence->floor();
    parts_.coherence->purge_table(schema, table);
    // The purge takes its place among the changes: what follows counts once it is there.
    constexpr int waits_max = 100;
    for (int i = 0; found.dependencies && i < waits_max; ++i) {
        if (!parts_.coherence->storable(*found.dependencies, floor)) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return drop_unservable();
}

Result<std::uint64_t> Admin::purge(PurgeScope scope, std::string_view what) {
    if (parts_.coherence == nullptr) return fail(ErrorCode::not_found, "nothing to purge: no [mysql] is configured");
    Result<void> forgotten;
    if (parts_.forget_saved) forgotten = parts_.forget_saved();
    auto dropped = purge_now(scope, what);
    if (!dropped || forgotten) return dropped;
    return fail(ErrorCode::io, std::to_string(*dropped) + " entries are dropped, but those on disk may come back after a "
                               "restart: " + forgotten.error().message);
}

Result<std::uint64_t> Admin::purge_now(PurgeScope scope, std::string_view what) {
    auto* face = front();
    parts_.purges.add();
    switch (scope) {
        case PurgeScope::all:
            parts_.coherence->purge_all();  // also what is being filled at this moment
            return parts_.keyspace.drop_filled(nullptr);
        case PurgeScope::table:
            return purge_table(what);
        case PurgeScope::lookup:
            return parts_.lookups->purge(what);
        case PurgeScope::query:
            drop_unservable();
            if (face == nullptr || !face->purge_statement(what)) {
                return fail(ErrorCode::not_found,
                            "no statement has the digest '" + std::string(what) + "'; SABIL QUERIES shows them");
            }
            return drop_unservable();
        case PurgeScope::tag:
            drop_unservable();
            if (face != nullptr) face->purge_tag(what);
            return drop_unservable();
    }
    return fail(ErrorCode::unsupported, "unknown scope");
}

}  // namespace sabil::proxy::app
