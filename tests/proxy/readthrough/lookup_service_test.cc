#include "proxy/readthrough/lookup_service.h"

#include <gtest/gtest.h>

#include <thread>

#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "tests/proxy/readthrough/fake_coherence.h"

namespace sabil::proxy::readthrough {
namespace {

using namespace std::chrono_literals;
using resp::FillOutcome;
using resp::FillResult;

// Statements as they are submitted; the test answers them when it likes.
class FakePool {
  public:
    struct Asked {
        std::string statement;
        std::vector<mysql::Pool::Parameter> parameters;
        mysql::Pool::Callback done;
    };
    Submit submit() {
        return [this](std::string statement, std::vector<mysql::Pool::Parameter> parameters, mysql::Pool::Callback done,
                      std::chrono::milliseconds) {
            // What the service asks for itself: it goes on without.
            if (statement.find("@@sql_mode") != std::string::npos) {
                return done(fail(ErrorCode::unavailable, "not now"));
            }
            std::lock_guard lock(mutex);
            asked.push_back({std::move(statement), std::move(parameters), std::move(done)});
        };
    }
    std::size_t count() {
        std::lock_guard lock(mutex);
        return asked.size();
    }
    void answer(std::size_t i, Result<mysql::Rows> rows) {
        mysql::Pool::Callback done;
        {
            std::lock_guard lock(mutex);
            done = std::move(asked.at(i).done);
        }
        done(std::move(rows));
    }
    std::mutex mutex;
    std::vector<Asked> asked;
};

mysql::Rows one(const std::string& text) {
    mysql::Rows rows;
    rows.columns.emplace_back();
    rows.columns[0].name = "title";
    rows.rows = {{text}};
    return rows;
}

mysql::Rows none() {
    auto rows = one("");
    rows.rows.clear();
    return rows;
}

class LookupServiceTest : public testing::Test {
  protected:
    LookupServiceTest() { configure({}); }

    void configure(std::function<void(LookupConfig&)> change, ServiceOptions options = {}) {
        service = std::make_unique<LookupService>(keyspace, coherence, pool.submit(), options, registry,
                                                  observe::FaceMetrics(registry, "resp"));
        LookupConfig config;
        config.name = "title";
        config.key = "title:{id}";
        config.query = "SELECT title FROM articles WHERE id = {id}";
        config.as = Encoding::string;
        if (change) change(config);
        set(config);
    }
    void set(const LookupConfig& config) {
        std::vector<std::string> errors;
        service->set_lookups(LookupSet({config}, "c.toml", errors));
        ASSERT_TRUE(errors.empty());
    }
    void fill(const std::string& key) {
        service->fill(0, key, [this](FillResult result) { results.push_back(std::move(result)); });
    }
    // What GET would show; "(none)" for a missing key, "(absent)" for a remembered absence.
    std::string stored(const std::string& key) {
        cache::KeyRef ref(key);
        cache::LockSet lock(keyspace, ref);
        cache::Database database(keyspace, 0);
        if (database.presence(ref) == cache::Presence::remembered_absent) return "(absent)";
        auto text = database.find_string(ref);
        return text ? text->str() : "(none)";
    }
    // What a one-shot result shows while it is put; afterwards the key is dropped again.
    std::string shown_once(const FillResult& result, const std::string& key) {
        cache::KeyRef ref(key);
        cache::LockSet lock(keyspace, ref);
        cache::Database database(keyspace, 0);
        result.put(database);
        auto text = database.find_string(ref);
        std::string out = text ? text->str() : "(none)";
        database.erase(ref);
        return out;
    }

    cache::Keyspace keyspace;
    FakeCoherence coherence;
    FakePool pool;
    observe::Registry registry;
    std::unique_ptr<LookupService> service;
    std::vector<FillResult> results;
};

TEST_F(LookupServiceTest, MatchesItsKeys) {
    EXPECT_FALSE(service->empty());
    EXPECT_EQ(service->match("title:42"), "title");
    EXPECT_EQ(service->match("other:42"), "");
}

TEST_F(LookupServiceTest, FillsAndStores) {
    fill("title:42");
    ASSERT_EQ(pool.count(), 1U);
    EXPECT_EQ(pool.asked[0].statement, "SELECT title FROM articles WHERE id = ?");
    EXPECT_EQ(std::get<std::string>(pool.asked[0].parameters[0]), "42");
    EXPECT_TRUE(results.empty());
    pool.answer(0, one("Forty-two"));
    ASSERT_EQ(results.size(), 1U);
    EXPECT_EQ(results[0].outcome, FillOutcome::filled);
    EXPECT_EQ(stored("title:42"), "Forty-two");
    coherence.change();
    EXPECT_EQ(stored("title:42"), "(none)");
}

TEST_F(LookupServiceTest, AHundredClientsCauseOneQuery) {
    for (int i = 0; i < 100; ++i) fill("title:42");
    EXPECT_EQ(pool.count(), 1U);
    EXPECT_EQ(service->fills_under_way(), 1U);
    pool.answer(0, one("x"));
    EXPECT_EQ(results.size(), 100U);
    EXPECT_EQ(service->fills_under_way(), 0U);
    EXPECT_EQ(service->states()[0]->counts().misses, 100U);
    EXPECT_EQ(service->states()[0]->counts().fills, 1U);
}

TEST_F(LookupServiceTest, NobodyJoinsAQuerySentBeforeAChange) {
    fill("title:42");
    coherence.change();
    fill("title:42");
    ASSERT_EQ(pool.count(), 2U);
    pool.answer(1, one("new"));
    ASSERT_EQ(results.size(), 1U);
    EXPECT_EQ(stored("title:42"), "new");
    // The older one is still answered, asks again as its result may be old, and never takes the newer one's place.
    pool.answer(0, one("old"));
    ASSERT_EQ(pool.count(), 3U);
    pool.answer(2, one("new"));
    EXPECT_EQ(results.size(), 2U);
    EXPECT_EQ(stored("title:42"), "new");
}

TEST_F(LookupServiceTest, WhatKeepsChangingIsShownOnceAndNotKept) {
    fill("title:42");
    coherence.change();
    pool.answer(0, one("a"));
    coherence.change();
    ASSERT_EQ(pool.count(), 2U);
    pool.answer(1, one("b"));
    ASSERT_EQ(results.size(), 1U);
    ASSERT_EQ(results[0].outcome, FillOutcome::one_shot);
    EXPECT_EQ(shown_once(results[0], "title:42"), "b");
    EXPECT_EQ(stored("title:42"), "(none)");
}

TEST_F(LookupServiceTest, WithoutAFloorNothingIsKept) {
    coherence.reachable = false;
    fill("title:42");
    pool.answer(0, one("x"));
    ASSERT_EQ(results.size(), 1U);
    EXPECT_EQ(results[0].outcome, FillOutcome::one_shot);
    EXPECT_EQ(stored("title:42"), "(none)");
}

TEST_F(LookupServiceTest, WithoutDependenciesNothingIsKept) {
    coherence.reason = "view";
    fill("title:42");
    EXPECT_EQ(coherence.floors_asked, 0);
    pool.answer(0, one("x"));
    EXPECT_EQ(results.at(0).outcome, FillOutcome::one_shot);
}

TEST_F(LookupServiceTest, AMissingRowIsRemembered) {
    fill("title:42");
    pool.answer(0, none());
    EXPECT_EQ(results.at(0).outcome, FillOutcome::filled);
    EXPECT_EQ(stored("title:42"), "(absent)");
    EXPECT_EQ(service->states()[0]->counts().negative, 1U);
    coherence.change();
    EXPECT_EQ(stored("title:42"), "(none)");
}

TEST_F(LookupServiceTest, AMissingRowIsNotRememberedWhereThatIsOff) {
    configure([](LookupConfig& config) { config.negative_ttl = 0ms; });
    fill("title:42");
    pool.answer(0, none());
    ASSERT_EQ(results.at(0).outcome, FillOutcome::one_shot);
    EXPECT_EQ(shown_once(results[0], "title:42"), "(none)");
}

TEST_F(LookupServiceTest, TooLargeAResultIsShownOnce) {
    ServiceOptions options;
    options.max_result_bytes = 1000;
    configure({}, options);
    fill("title:42");
    pool.answer(0, one(std::string(5000, 'x')));
    ASSERT_EQ(results.at(0).outcome, FillOutcome::one_shot);
    EXPECT_EQ(shown_once(results[0], "title:42").size(), 5000U);
}

TEST_F(LookupServiceTest, TellsServerErrorsFromAServerThatIsAway) {
    fill("title:1");
    pool.answer(0, fail(ErrorCode::server, "Table 'news.articles' doesn't exist", 1146));
    EXPECT_EQ(results.at(0).outcome, FillOutcome::error);
    EXPECT_EQ(results[0].message, "Table 'news.articles' doesn't exist");
    fill("title:1");
    pool.answer(1, fail(ErrorCode::unavailable, "cannot connect"));
    EXPECT_EQ(results.at(1).outcome, FillOutcome::unavailable);
    fill("title:1");
    pool.answer(2, fail(ErrorCode::server, "Server shutdown in progress", 1053));
    EXPECT_EQ(results.at(2).outcome, FillOutcome::unavailable);
    fill("title:1");
    pool.answer(3, fail(ErrorCode::timeout, "no answer in 5 s"));
    EXPECT_EQ(results.at(3).outcome, FillOutcome::unavailable);
    EXPECT_EQ(service->states()[0]->counts().errors, 4U);
}

TEST_F(LookupServiceTest, StaleIfErrorAnswersWhatWasLastCurrent) {
    configure([](LookupConfig& config) { config.stale_if_error = 10min; });
    fill("title:42");
    pool.answer(0, one("before"));
    coherence.fresh = false;
    EXPECT_EQ(stored("title:42"), "(none)");
    fill("title:42");
    pool.answer(1, fail(ErrorCode::unavailable, "cannot connect"));
    ASSERT_EQ(results.at(1).outcome, FillOutcome::one_shot);
    EXPECT_EQ(shown_once(results[1], "title:42"), "before");
    EXPECT_EQ(service->states()[0]->counts().stale, 1U);
    fill("title:43");
    pool.answer(2, fail(ErrorCode::unavailable, "cannot connect"));
    EXPECT_EQ(results.at(2).outcome, FillOutcome::unavailable);
}

TEST_F(LookupServiceTest, WhereFreshnessCannotBeShownAnAnswerIsShownOnceAndKeptForLater) {
    configure([](LookupConfig&) {});
    coherence.fresh = false;
    fill("title:42");
    pool.answer(0, one("now"));
    ASSERT_EQ(results.at(0).outcome, FillOutcome::one_shot);
    EXPECT_EQ(shown_once(results[0], "title:42"), "now");
    coherence.fresh = true;
    EXPECT_EQ(stored("title:43"), "(none)");
}

TEST_F(LookupServiceTest, StaleIfErrorEndsWithItsWindow) {
    configure([](LookupConfig& config) { config.stale_if_error = 30ms; });
    fill("title:42");
    pool.answer(0, one("before"));
    coherence.change();
    std::this_thread::sleep_for(80ms);
    fill("title:42");
    pool.answer(1, fail(ErrorCode::unavailable, "cannot connect"));
    EXPECT_EQ(results.at(1).outcome, FillOutcome::unavailable);
}

TEST_F(LookupServiceTest, StaleWhileRevalidateAnswersAtOnceAndFillsBehind) {
    configure([](LookupConfig& config) { config.stale_while_revalidate = 10s; });
    fill("title:42");
    pool.answer(0, one("before"));
    coherence.change();
    fill("title:42");
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(shown_once(results[1], "title:42"), "before");
    ASSERT_EQ(pool.count(), 2U);
    pool.answer(1, one("after"));
    EXPECT_EQ(results.size(), 2U);
    EXPECT_EQ(stored("title:42"), "after");
}

TEST_F(LookupServiceTest, AKeyThatAClientOwnsIsNotReplaced) {
    fill("title:42");
    {
        cache::KeyRef ref("title:42");
        cache::LockSet lock(keyspace, ref);
        cache::Database(keyspace, 0).set_string(ref, "mine");
    }
    pool.answer(0, one("theirs"));
    EXPECT_EQ(results.at(0).outcome, FillOutcome::filled);
    EXPECT_EQ(stored("title:42"), "mine");
}

TEST_F(LookupServiceTest, AReloadDropsWhatAChangedLookupFilled) {
    LookupConfig config = service->states()[0]->config();
    fill("title:42");
    pool.answer(0, one("x"));
    set(config);
    EXPECT_EQ(stored("title:42"), "x");
    config.query = "SELECT upper(title) FROM articles WHERE id = {id}";
    set(config);
    EXPECT_EQ(stored("title:42"), "(none)");
}

TEST_F(LookupServiceTest, PurgeDropsOneLookupsEntries) {
    fill("title:1");
    pool.answer(0, one("x"));
    fill("title:2");
    pool.answer(1, one("y"));
    EXPECT_EQ(service->purge("title").value(), 2U);
    EXPECT_EQ(stored("title:1"), "(none)");
    EXPECT_EQ(service->purge("nobody").error().message, "no lookup is named 'nobody'; there are title");
}

TEST_F(LookupServiceTest, ManyThreadsOneKey) {
    std::atomic<int> done{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 200; ++i) {
                service->fill(0, "title:" + std::to_string(i % 5), [&](FillResult) { ++done; });
            }
        });
    }
    std::size_t answered = 0;
    auto deadline = std::chrono::steady_clock::now() + 20s;
    while (done < 800 && std::chrono::steady_clock::now() < deadline) {
        if (answered < pool.count()) pool.answer(answered++, one("x"));
    }
    for (auto& thread : threads) thread.join();
    while (answered < pool.count()) pool.answer(answered++, one("x"));
    EXPECT_EQ(done, 800);
    EXPECT_EQ(service->fills_under_way(), 0U);
}

}  // namespace
}  // namespace sabil::proxy::readthrough
