#include "proxy/readthrough/lookup_service.h"

#include <gtest/gtest.h>

#include <thread>

#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "proxy/coherence/back_off.h"
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

// As GET does it: what was filled is shown to whoever waited.
TEST_F(LookupServiceTest, WhatDiesUnreadManyTimesIsLeftAloneForAWhile) {
    std::size_t asked = 0;
    for (unsigned i = 0; i <= BackOff::unread_count_max; ++i) {
        fill("title:42");
        pool.answer(asked++, one("x"));
        ASSERT_EQ(results.back().outcome, i == BackOff::unread_count_max ? FillOutcome::one_shot : FillOutcome::filled) << i;
        if (results.back().outcome == FillOutcome::filled) stored("title:42");
        coherence.change();
    }
    fill("title:43");
    pool.answer(asked++, one("x"));
    EXPECT_EQ(results.back().outcome, FillOutcome::filled) << "other keys are kept";
    auto deadline = std::chrono::steady_clock::now() + 5s;
    do {
        fill("title:42");
        pool.answer(asked++, one("x"));
    } while (results.back().outcome != FillOutcome::filled && std::chrono::steady_clock::now() < deadline);
    EXPECT_EQ(stored("title:42"), "x") << "after a while it is tried again";
}

TEST_F(LookupServiceTest, WhatIsReadBetweenItsChangesIsKept) {
    for (unsigned i = 0; i < 3 * BackOff::unread_count_max; ++i) {
        fill("title:42");
        pool.answer(i, one("x"));
        ASSERT_EQ(results.back().outcome, FillOutcome::filled) << i;
        stored("title:42");
        stored("title:42");
        coherence.change();
    }
}

class RefreshTest : public LookupServiceTest {
  protected:
    RefreshTest() {
        configure([](LookupConfig& config) { config.refresh = true; });
        fill("title:42");
        pool.answer(0, one("v0"));
    }
    void change() {
        coherence.change();
        coherence.run_watches();
    }
};

TEST_F(RefreshTest, AnEntryThatWasReadIsFilledAgain) {
    for (int i = 1; i < 20; ++i) {
        EXPECT_EQ(stored("title:42"), "v" + std::to_string(i - 1));
        change();
        ASSERT_EQ(pool.count(), static_cast<std::size_t>(i) + 1);
        pool.answer(static_cast<std::size_t>(i), one("v" + std::to_string(i)));
    }
}

TEST_F(RefreshTest, SweepsAndScansAreNoReads) {
    std::size_t refills = 0;
    for (; refills < 20; ++refills) {
        keyspace.sweep_unservable(1s);
        cache::Database database(keyspace, 0);
        std::size_t seen = 0;
        database.scan(0, 1000, [&](const cache::KeyRef&, const cache::Entry&) { ++seen; });
        EXPECT_EQ(seen, 1U);
        change();
        if (pool.count() == refills + 1) break;
        pool.answer(refills + 1, one("unread"));
    }
    EXPECT_EQ(refills, 3U);
}

TEST_F(RefreshTest, ARefillWaitsForAFloorThatCoversIt) {
    EXPECT_EQ(stored("title:42"), "v0");
    coherence.hold_floors = true;
    change();
    EXPECT_EQ(pool.count(), 1U) << "asked before the change can be seen";
    coherence.release_floors();
    ASSERT_EQ(pool.count(), 2U);
    pool.answer(1, one("v1"));
    EXPECT_EQ(stored("title:42"), "v1");
}

TEST_F(RefreshTest, ARefillThatKeepsBeingOvertakenGoesOn) {
    EXPECT_EQ(stored("title:42"), "v0");
    change();
    for (std::size_t i = 1; i < 10; ++i) {
        coherence.change();
        ASSERT_EQ(pool.count(), i + 1);
        pool.answer(i, one("overtaken"));
    }
    pool.answer(10, one("v"));
    EXPECT_EQ(stored("title:42"), "v");
}

// The reader's fill gives up after two queries; the refill that had joined it must not be lost with it.
TEST_F(RefreshTest, ARefillOutlivesTheReadersFillItJoined) {
    EXPECT_EQ(stored("title:42"), "v0");
    coherence.change();
    fill("title:42");
    ASSERT_EQ(pool.count(), 2U);
    coherence.run_watches();
    ASSERT_EQ(pool.count(), 2U) << "it joins";
    coherence.change();
    pool.answer(1, one("overtaken"));
    coherence.change();
    ASSERT_EQ(pool.count(), 3U);
    pool.answer(2, one("overtaken"));
    ASSERT_EQ(results.back().outcome, FillOutcome::one_shot);
    ASSERT_EQ(pool.count(), 4U);
    pool.answer(3, one("v"));
    EXPECT_EQ(stored("title:42"), "v");
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
