// A server, an engine that follows it, and answers kept as the faces keep them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "invalidation/ledger.h"
#include "mysql/client/pool.h"
#include "proxy/coherence/coherence_engine.h"
#include "tests/coherence/blocking_connection.h"

namespace sabil::coherence_test {
using invalidation::Dependencies;
using invalidation::Floor;
using proxy::CoherenceMode;
using proxy::coherence::CoherenceEngine;
using std::chrono::milliseconds;

// An answer as the faces keep it.
struct Kept {
    Dependencies dependencies;
    Floor floor;
};

inline mysql::ConnectOptions options_of(const char* variable, const char* user, const char* password) {
    mysql::ConnectOptions out;
    std::string where = std::getenv(variable);
    auto colon = where.rfind(':');
    out.endpoint.host = where.substr(0, colon);
    out.endpoint.port = static_cast<std::uint16_t>(std::stoi(where.substr(colon + 1)));
    out.user = user;
    out.password = password;
    return out;
}

class EngineLive : public testing::TestWithParam<const char*> {
  protected:
    void SetUp() override {
        if (std::getenv(GetParam()) == nullptr) GTEST_FAIL() << GetParam() << " is not set";
        auto root = options_of(GetParam(), "root", "");
        ASSERT_TRUE(server_.connect(root));
        for (const char* text :
             {"DROP DATABASE IF EXISTS sabil_engine", "CREATE DATABASE sabil_engine", "USE sabil_engine",
              "CREATE TABLE a (id INT PRIMARY KEY, grp INT, name VARCHAR(50) COLLATE utf8mb4_general_ci, v INT) "
              "CHARSET utf8mb4",
              "CREATE TABLE b (id INT PRIMARY KEY, a_id INT, v INT, FOREIGN KEY (a_id) REFERENCES a (id) ON DELETE "
              "CASCADE)",
              "CREATE TABLE c (id INT PRIMARY KEY, b_id INT, FOREIGN KEY (b_id) REFERENCES b (id) ON DELETE CASCADE)",
              "CREATE TABLE d (id INT PRIMARY KEY, v INT)", "CREATE VIEW recent AS SELECT id, v FROM a WHERE v > 0",
              "INSERT INTO a VALUES (1, 1, 'One', 1), (2, 1, 'Two', 2), (3, 2, 'Three', 3), (4, 2, 'Four', 4)",
              "INSERT INTO b VALUES (1, 1, 1), (2, 2, 2)", "INSERT INTO c VALUES (1, 1), (2, 2)",
              "INSERT INTO d VALUES (1, 1)"}) {
            run(text);
        }
        start_engine();
    }

    void start_engine(std::string resume = {}) {
        engine_.reset();  // before its pool
        auto account = options_of(GetParam(), "sabil", "secret");
        mysql::PoolOptions pool;
        pool.connect = account;
        pool.connections_max = 2;
        pool_ = std::make_unique<mysql::Pool>(pool);
        proxy::coherence::Options options;
        options.connect = account;
        options.wish = proxy::coherence::Wish::coherent;
        options.pool = pool_.get();
        options.preload = {"sabil_engine"};
        options.resume = std::move(resume);
        engine_ = std::make_unique<CoherenceEngine>(options);
        auto started = engine_->start();
        ASSERT_TRUE(started) << started.error().message;
        ASSERT_EQ(engine_->mode(), CoherenceMode::coherent);
    }

    mysql::QueryResult run(const std::string& text) {
        auto result = server_.query(text);
        if (!result) ADD_FAILURE() << text << ": " << result.error().message;
        return result ? *result : mysql::QueryResult{};
    }

    template <class Condition>
    static bool await(Condition condition, milliseconds limit = milliseconds(10000)) {
        auto until = std::chrono::steady_clock::now() + limit;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > until) return false;
            std::this_thread::sleep_for(milliseconds(2));
        }
        return true;
    }

    std::optional<Floor> floor_for(const Dependencies& dependencies) {
        std::promise<std::optional<Floor>> promise;
        engine_->async_floor(dependencies, [&](std::optional<Floor> floor) { promise.set_value(floor); });
        return promise.get_future().get();
    }

    // As a face fills an entry, tried until it may be kept.
    Kept keep(const std::string& text) {
        invalidation::sql::ParseMode mode;
        mode.dialect = engine_->dialect();
        auto statement = invalidation::sql::analyze(text, mode);
        EXPECT_TRUE(statement.cacheable()) << text << ": " << invalidation::sql::reason_name(statement.reason);
        Kept kept;
        bool stored = await([&] {
            auto found = engine_->dependencies(statement, "sabil_engine", {});
            if (!found.dependencies) return false;
            auto floor = floor_for(*found.dependencies);
            if (!floor) return false;
            run(text);
            kept = {*found.dependencies, *floor};
            return engine_->storable(kept.dependencies, kept.floor) && engine_->servable(kept.dependencies, kept.floor);
        });
        EXPECT_TRUE(stored) << text;
        return kept;
    }
    bool serves(const Kept& kept) const { return engine_->servable(kept.dependencies, kept.floor); }

    // Runs a write and waits until it is applied.
    void change(const std::string& text) {
        run(text);
        settle();
    }
    // Until everything that the server has done by now is applied: a row of ours that comes after it.
    void settle() {
        run("UPDATE d SET v = v + 1");
        auto gtid = last_gtid();
        ASSERT_TRUE(await([&] { return engine_->applied_contains(gtid); }))
            << gtid << " against " << engine_->status().position;
    }
    std::string last_gtid() {
        bool mysql_server = engine_->dialect() == invalidation::sql::Dialect::mysql;
        auto all = run(mysql_server ? "SELECT @@global.gtid_executed" : "SELECT @@last_gtid");
        return std::string(all.at(0, 0).value_or(""));
    }

    BlockingConnection server_;
    std::unique_ptr<mysql::Pool> pool_;
    std::unique_ptr<CoherenceEngine> engine_;
};

}  // namespace sabil::coherence_test
