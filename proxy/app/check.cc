#include "proxy/app/check.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdio>
#include <thread>

#include "proxy/app/explain.h"
#include "proxy/app/mysql_side.h"

namespace sabil::proxy::app {
namespace {

using namespace std::chrono_literals;

// The MySQL side with as little around it as it needs.
struct Bench {
    explicit Bench(const Config& config) : side(config, {keyspace, workers, registry, mysql_metrics, resp_metrics}) {}
    ~Bench() { side.close(); }
    observe::Registry registry;
    observe::FaceMetrics mysql_metrics;
    observe::FaceMetrics resp_metrics;
    cache::Keyspace keyspace;
    net::WorkerPool workers{1};
    MysqlSide side;
};

void quiet_log() {
    spdlog::set_level(spdlog::level::off);
}

int exit_code(const ConfigErrors& errors) {
    for (const auto& error : errors) std::fprintf(stderr, "sabil: %s\n", error.c_str());
    return errors.empty() ? 0 : 1;
}

void print(const char* name, const std::string& value) {
    std::printf("%-10s %s\n", name, value.c_str());
}

void print_listeners(const char* face, const std::vector<net::Address>& addresses) {
    std::string text;
    for (const auto& address : addresses) text += (text.empty() ? "" : ", ") + address.text();
    print(face, text.empty() ? "off" : text);
}

void print_coherence(const CoherenceStatus& status) {
    print("coherence", std::string(coherence_mode_name(status.mode)));
    if (!status.why.empty()) print("", status.why);
}

// What the schema says comes in the background: asks again for a while.
Result<resp::AdminRecord> explain_when_loaded(Bench& bench, const Config& config, const std::string& statement) {
    constexpr auto limit = 5s;
    auto deadline = std::chrono::steady_clock::now() + limit;
    while (true) {
        auto record = explain_statement(statement, &bench.side.coherence(), config.mysql->database);
        bool loading = false;
        if (record) {
            for (const auto& [name, value] : *record) {
                const auto* text = std::get_if<std::string>(&value);
                loading = loading || (name == "reason" && text != nullptr && *text == "schema_loading");
            }
        }
        if (!loading || std::chrono::steady_clock::now() > deadline) return record;
        std::this_thread::sleep_for(20ms);
    }
}

}  // namespace

int check(const Config& config) {
    print("file", config.file);
    print_listeners("resp", config.listen.resp);
    print_listeners("mysql", config.listen.mysql);
    print_listeners("http", config.listen.http);
    print("lookups", std::to_string(config.lookups.size()));
    print("rules", std::to_string(config.rules.size()));
    if (!config.mysql) {
        print("database", "none: lookups and the MySQL port need a [mysql] section");
        return 0;
    }
    print("database", config.mysql->address());
    std::fflush(stdout);
    quiet_log();
    Bench bench(config);
    auto errors = bench.side.start(MysqlSide::Unreachable::is_an_error);
    if (!errors.empty()) return exit_code(errors);
    print_coherence(bench.side.coherence().status());
    for (const auto& remark : bench.side.remarks()) print("note", remark);
    print("result", "good");
    return 0;
}

int explain(const Config& config, const std::string& statement) {
    Result<resp::AdminRecord> record;
    if (config.mysql) {
        quiet_log();
        Bench bench(config);
        if (auto errors = bench.side.start(MysqlSide::Unreachable::is_an_error); !errors.empty()) {
            std::fprintf(stderr, "sabil: going by the text alone: %s\n", errors.front().c_str());
            record = explain_statement(statement, nullptr, config.mysql->database);
        } else {
            record = explain_when_loaded(bench, config, statement);
        }
    } else {
        record = explain_statement(statement, nullptr, "");
    }
    if (!record) return exit_code({record.error().message});
    std::fputs(explain_text(*record).c_str(), stdout);
    return 0;
}

}  // namespace sabil::proxy::app
