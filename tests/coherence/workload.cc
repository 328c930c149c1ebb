#include "tests/coherence/workload.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <random>
#include <thread>

#include "invalidation/ledger.h"

namespace sabil::coherence_test {

using invalidation::Dependencies;
using invalidation::Floor;
using proxy::coherence::CoherenceEngine;

namespace {

int complain(const char* what, const Error& error) {
    fprintf(stderr, "%s: %s\n", what, error.message.c_str());
    return 2;
}

}  // namespace

int Workload::run() {
    if (auto made = set_up(); !made) return complain("set-up", made.error());
    auto connect = settings_.connect;
    if (settings_.engine_port != 0) {
        connect.endpoint.port = settings_.engine_port;
        connect.tls.mode = mysql::TlsMode::disabled;
    }
    mysql::PoolOptions pool_options;
    pool_options.connect = connect;
    pool_options.connections_max = 2;
    pool_ = std::make_unique<mysql::Pool>(pool_options);
    proxy::coherence::Options options;
    options.connect = connect;
    options.wish = proxy::coherence::Wish::coherent;
    options.pool = pool_.get();
    engine_ = std::make_unique<CoherenceEngine>(options);
    if (auto started = engine_->start(); !started) return complain("start", started.error());
    begin_truth();
    invalidation::sql::ParseMode mode;
    mode.dialect = engine_->dialect();
    questions_ = make_questions(mode);
    slots_ = std::vector<Slot>(questions_.size());
    go();
    return report();
}

Result<void> Workload::set_up() {
    BlockingConnection connection;
    if (auto connected = connection.connect(settings_.connect); !connected) return connected;
    for (const auto& text : set_up_statements()) {
        if (auto done = connection.query(text); !done) return tl::unexpected(done.error());
    }
    settings_.connect.database = schema_name;
    return {};
}

void Workload::begin_truth() {
    mysql::binlog::DumpOptions options;
    options.connect = settings_.connect;
    options.replica_id = 0x7000'0000U + (std::random_device{}() & 0xffffU);
    truth_ = std::make_unique<Truth>(options, *engine_);
    engine_->on_applied([this](invalidation::Sequence) { truth_->admit(); });
    truth_->start();
}

void Workload::go() {
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < settings_.writers; ++i) threads.emplace_back([this, i] { write(i); });
    for (unsigned i = 0; i < settings_.readers; ++i) threads.emplace_back([this, i] { read(i); });
    auto begun = std::chrono::steady_clock::now();
    auto tell = begun + std::chrono::seconds(1);
    auto enough = [&] {
        return settings_.hits != 0 && hits_.load() >= settings_.hits && truth_->changes() >= settings_.changes;
    };
    while (std::chrono::steady_clock::now() < begun + std::chrono::seconds(settings_.seconds) && !enough()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        if (settings_.purges) engine_->purge_all();
        if (!settings_.verbose || std::chrono::steady_clock::now() < tell) continue;
        tell += std::chrono::seconds(1);
        progress();
    }
    stop_ = true;
    for (auto& thread : threads) thread.join();
}

// One line a second, for whoever breaks things meanwhile.
void Workload::progress() {
    auto status = engine_->status();
    printf(
        "{\"hits\": %llu, \"violations\": %llu, \"epoch\": %llu, \"reason\": \"%s\", \"connected\": %d, "
        "\"applied\": %llu, \"writes\": %llu, \"horizon\": %.3f, \"rejected\": %llu}\n",
        static_cast<unsigned long long>(hits_.load()), static_cast<unsigned long long>(violations_.load()),
        static_cast<unsigned long long>(status.epoch), status.epoch_reason.c_str(), status.connected ? 1 : 0,
        static_cast<unsigned long long>(truth_->changes()), static_cast<unsigned long long>(writes_.load()),
        status.horizon_seconds, static_cast<unsigned long long>(rejected_.load()));
    fflush(stdout);
}

bool Workload::reach(BlockingConnection& connection) {
    if (connection.open()) return true;
    if (connection.connect(settings_.connect)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return false;
}

void Workload::write(unsigned number) {
    BlockingConnection connection;
    std::mt19937 random(number);
    while (!stop_.load(std::memory_order_relaxed)) {
        if (!reach(connection)) continue;
        constexpr unsigned writes_per_parent = 8;
        auto text = random() % writes_per_parent != 0
                        ? "UPDATE counters SET v = v + 1 WHERE id = " + std::to_string(random() % counters_count)
                        : "UPDATE parents SET k = k + " + std::to_string(parents_count) +
                              " WHERE id = " + std::to_string(random() % parents_count);
        if (connection.query(text)) writes_.fetch_add(1, std::memory_order_relaxed);
    }
}

void Workload::read(unsigned number) {
    BlockingConnection connection;
    std::mt19937 random(number + 1000);
    std::uint64_t hits = 0;
    while (!stop_.load(std::memory_order_relaxed)) {
        auto which = random() % questions_.size();
        auto& question = questions_[which];
        auto& slot = slots_[which];
        auto least = question.least(*truth_);
        std::shared_ptr<const Entry> entry;
        {
            std::lock_guard lock(slot.mutex);
            entry = slot.entry;
        }
        if (entry && servable(*entry)) {
            if (entry->value < least) violation(question, entry->value, least);
            if (++hits % 1024 == 0) hits_.fetch_add(1024, std::memory_order_relaxed);
            continue;
        }
        misses_.fetch_add(1, std::memory_order_relaxed);
        if (prepare(connection)) fill(connection, question, slot);
    }
}

// A connection fills only where it reached the server that the engine follows, and a probe was sent since.
bool Workload::prepare(BlockingConnection& connection) {
    if (!connection.open()) {
        if (!reach(connection)) return false;
        auto identity = connection.query(engine_->identity_query());
        if (!identity || identity->at(0, 0).value_or("") != engine_->identity()) connection.close();
    }
    return connection.open() && engine_->confirmed_since(connection.connected_at());
}

bool Workload::servable(const Entry& entry) const {
    if (settings_.mutant == Mutant::no_check) return true;
    return engine_->servable(entry.dependencies, entry.floor);
}

void Workload::violation(const Question& question, std::uint64_t value, std::uint64_t least) {
    if (violations_.fetch_add(1) == 0) {
        printf("first violation: %s gave %llu, %llu was applied\n", question.text.c_str(),
               static_cast<unsigned long long>(value), static_cast<unsigned long long>(least));
    }
}

std::optional<Floor> Workload::take_floor(const Dependencies& dependencies) {
    if (settings_.mutant == Mutant::lease) return Floor{engine_->ledger().applied(), engine_->ledger().epoch()};
    if (settings_.mutant == Mutant::position_floor)
        return Floor{engine_->ledger().started(), engine_->ledger().epoch()};
    auto promise = std::make_shared<std::promise<std::optional<Floor>>>();
    auto future = promise->get_future();
    engine_->async_floor(dependencies, [promise](std::optional<Floor> floor) { promise->set_value(floor); });
    return future.get();
}

void Workload::fill(BlockingConnection& connection, const Question& question, Slot& slot) {
    auto found = engine_->dependencies(question.statement, schema_name, {});
    if (!found.dependencies) {
        not_cacheable(found.reason);
        return;
    }
    if (settings_.mutant == Mutant::no_birth) {
        for (auto& dependency : *found.dependencies) dependency.signature = 0;
    }
    if (settings_.mutant == Mutant::no_closure) {
        auto carried = engine_->ledger().all_rows(schema_name, "shadows").slot;
        std::erase_if(*found.dependencies, [&](const auto& dependency) { return dependency.slot == carried; });
    }
    auto floor = take_floor(*found.dependencies);
    auto result = connection.query(question.text);
    if (!result || !floor) return;
    if (settings_.mutant == Mutant::delete_on_event)
        floor = Floor{engine_->ledger().applied(), engine_->ledger().epoch()};
    bool unchecked = settings_.mutant == Mutant::no_check;
    if (!unchecked && !engine_->storable(*found.dependencies, *floor)) {
        rejected_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    auto entry = std::make_shared<Entry>();
    entry->value = std::strtoull(std::string(result->at(0, 0).value_or("0")).c_str(), nullptr, 10);
    entry->dependencies = std::move(*found.dependencies);
    entry->floor = *floor;
    std::lock_guard lock(slot.mutex);
    if (slot.entry && slot.entry->floor.epoch == floor->epoch && slot.entry->floor.n > floor->n) return;
    slot.entry = std::move(entry);
    stored_.fetch_add(1, std::memory_order_relaxed);
}

int Workload::report() {
    auto status = engine_->status();
    auto count = hits_.load();
    auto bad = violations_.load();
    printf("mode %s, position %s, epoch %llu (%s), groups %llu\n",
           std::string(proxy::coherence_mode_name(status.mode)).c_str(), status.position.c_str(),
           static_cast<unsigned long long>(status.epoch), status.epoch_reason.c_str(),
           static_cast<unsigned long long>(status.groups));
    printf("hits %llu, misses %llu, stored %llu, rejected %llu, not cacheable %llu (%s), writes %llu, applied %llu\n",
           static_cast<unsigned long long>(count), static_cast<unsigned long long>(misses_.load()),
           static_cast<unsigned long long>(stored_.load()), static_cast<unsigned long long>(rejected_.load()),
           static_cast<unsigned long long>(uncached_.load()), last_reason_.c_str(),
           static_cast<unsigned long long>(writes_.load()), static_cast<unsigned long long>(truth_->changes()));
    printf("%llu of %llu hits older than what was applied", static_cast<unsigned long long>(bad),
           static_cast<unsigned long long>(count));
    if (bad == 0 && count > 0) printf(", upper bound %.2g at 95 %%", 3.0 / static_cast<double>(count));
    printf("\n");
    bool complete = count >= settings_.hits && count > 0 && truth_->changes() > 0 &&
                    (settings_.hits == 0 || truth_->changes() >= settings_.changes);
    if (!complete) printf("incomplete: %llu hits were asked for\n", static_cast<unsigned long long>(settings_.hits));
    truth_->stop();
    if (bad != 0) return 1;
    return complete ? 0 : 3;
}

void Workload::not_cacheable(const std::string& reason) {
    uncached_.fetch_add(1, std::memory_order_relaxed);
    {
        std::lock_guard lock(reason_mutex_);
        last_reason_ = reason;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace sabil::coherence_test
