// What coherence costs, one thread, no network: applying a binlog group of one updated row by the number of signatures of
// its table, with 100,000 results filled; and proving a hit by the number of its dependencies.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "invalidation/ledger.h"
#include "invalidation/resolver.h"
#include "invalidation/schema/catalog.h"
#include "invalidation/sql/statement.h"
#include "invalidation/tailer/tailer.h"

namespace sabil::invalidation {
namespace {

using mysql::ColumnType;
using mysql::binlog::BinlogHandler;
using mysql::binlog::BinlogPosition;
using mysql::binlog::ColumnBits;
using mysql::binlog::EventHeader;
using mysql::binlog::MariadbGtidEvent;
using mysql::binlog::RowChange;
using mysql::binlog::RowsEvent;
using mysql::binlog::TableMap;

constexpr std::size_t columns_count = 12;
constexpr std::size_t entries_count = 100'000;

struct Nobody final : Tailer::Observer {
    void on_group_applied(Sequence, std::uint32_t) override {}
    void on_epoch(std::string_view) override {}
    void on_stream() override {}
};

void append_int(std::string& out, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

class World {
  public:
    World() {
        SchemaDefinition schema;
        schema.name = "s";
        TableDefinition table;
        table.schema = "s";
        table.name = "t";
        map_.schema = "s";
        map_.table = "t";
        map_.number = 1;
        for (std::size_t i = 0; i < columns_count; ++i) {
            Column column;
            column.name = "c" + std::to_string(i);
            column.type = "int";
            column.value_class = ValueClass::integer;
            table.columns.push_back(column);
            map_.columns.emplace_back().type = ColumnType::long_int;
        }
        schema.tables["t"] = std::make_shared<const TableDefinition>(std::move(table));
        catalog_.accept(std::move(schema), 0);
        executed_.reset(BinlogPosition{"b.000001", 4}, {}, SteadyTime{});
        tailer_.starting_at({"b.000001", 4});
    }

    Dependencies resolve(const std::string& where) {
        auto statement = sql::analyze("SELECT * FROM t" + (where.empty() ? "" : " WHERE " + where), {});
        return resolver_.resolve(statement, "s", {}, Precision::rows).dependencies.value();
    }

    // By pairs of columns, so that 40 are easily had; the results filled are spread over them.
    void fill(std::size_t signatures) {
        std::vector<std::string> shapes;
        for (std::size_t a = 0; a < columns_count; ++a) {
            for (std::size_t b = a + 1; b < columns_count; ++b) {
                shapes.push_back("c" + std::to_string(a) + " = % AND c" + std::to_string(b) + " = 1");
            }
        }
        for (std::size_t i = 0; i < entries_count; ++i) {
            auto where = signatures == 0 ? std::string() : shapes[i % signatures];
            if (auto at = where.find('%'); at != std::string::npos) where.replace(at, 1, std::to_string(i));
            filled_.push_back(resolve(where));
            if (signatures == 0) break;  // all of them depend on the table alone
        }
    }

    void update_row(std::uint32_t value) {
        BinlogHandler& events = tailer_;
        EventHeader header;
        header.event_bytes = 100;
        header.end_position = position_ += 100;
        MariadbGtidEvent gtid;
        gtid.gtid = {0, 1, ++sequence_};
        events.on_mariadb_gtid(header, gtid);
        events.on_table_map(header, map_);
        std::string bytes;
        for (std::uint32_t image = 0; image < 2; ++image) {
            bytes.append(2, '\0');
            for (std::uint32_t i = 0; i < columns_count; ++i) append_int(bytes, value + i * image);
        }
        RowsEvent rows;
        rows.change = RowChange::update;
        rows.statement_end = true;
        rows.table_number = map_.number;
        rows.table = &map_;
        const std::string_view all("\xff\x0f", 2);
        rows.before = ColumnBits(all, columns_count);
        rows.after = ColumnBits(all, columns_count);
        rows.rows = bytes;
        events.on_rows(header, rows);
        events.on_xid(header, {});
        if (sequence_ % 1024 == 0) executed_.probed(BinlogPosition{"b.000001", position_}, SteadyTime{});
    }

    const Resolver& resolver() const { return resolver_; }
    const Ledger& ledger() const { return ledger_; }
    const std::vector<Dependencies>& filled() const { return filled_; }

  private:
    Ledger ledger_;
    Catalog catalog_;
    Executed executed_;
    Nobody nobody_;
    Tailer tailer_{ledger_, catalog_, executed_, nobody_};
    Resolver resolver_{ledger_, catalog_};
    TableMap map_;
    std::vector<Dependencies> filled_;
    std::uint64_t sequence_ = 0;
    std::uint32_t position_ = 4;
};

void apply_updates(benchmark::State& state) {
    World world;
    world.fill(static_cast<std::size_t>(state.range(0)));
    std::uint32_t value = 0;
    for (auto _ : state) world.update_row(value++);
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(apply_updates)->Arg(0)->Arg(1)->Arg(10)->Arg(40);

void prove_hits(benchmark::State& state) {
    World world;
    std::string list;
    for (std::int64_t i = 0; i < state.range(0); ++i) list += (i == 0 ? "" : ", ") + std::to_string(i * 7);
    std::vector<Dependencies> spread;
    for (int i = 0; i < 10'000; ++i) spread.push_back(world.resolve("c0 IN (" + list + ") AND c1 = " + std::to_string(i)));
    auto floor = world.ledger().floor();
    std::size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(world.ledger().current(spread[at], floor));
        at = (at * 5 + 1) % spread.size();
    }
    state.counters["dependencies"] = static_cast<double>(spread[0].size());
}
BENCHMARK(prove_hits)->Arg(1)->Arg(10)->Arg(50);

void resolve_statements(benchmark::State& state) {
    World world;
    bool range = state.range(0) != 0;
    auto statement = sql::analyze(std::string("SELECT * FROM t WHERE c0 ") + (range ? "BETWEEN 5 AND 900" : "= 17"), {});
    for (auto _ : state) benchmark::DoNotOptimize(world.resolver().resolve(statement, "s", {}, Precision::rows));
}
BENCHMARK(resolve_statements)->Arg(0)->Arg(1);

}  // namespace
}  // namespace sabil::invalidation

BENCHMARK_MAIN();
