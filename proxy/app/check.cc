#include "proxy/app/check.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "proxy/app/explain.h"
#include "proxy/app/mysql_side.h"
#include "proxy/app/resp_options.h"
#include "proxy/app/terminal.h"
#include "proxy/app/users.h"

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
    Terminal terminal(stderr);
    for (const auto& error : errors) terminal.line(terminal.painted("sabil:", Tone::bad) + " " + error);
    return errors.empty() ? 0 : 1;
}

void print_listeners(Terminal& terminal, const char* face, const std::vector<net::Address>& addresses) {
    std::string text;
    for (const auto& address : addresses) text += (text.empty() ? "" : ", ") + address.text();
    terminal.field(face, text.empty() ? "off" : text, text.empty() ? Tone::quiet : Tone::plain);
}

void print_coherence(Terminal& terminal, const CoherenceStatus& status) {
    auto good = status.mode == CoherenceMode::coherent;
    terminal.field("coherence", coherence_mode_name(status.mode), good ? Tone::good : Tone::fair);
    if (!status.why.empty()) terminal.field("", status.why);
}

std::string names_of(const std::vector<readthrough::LookupConfig>& lookups) {
    std::string out = std::to_string(lookups.size());
    constexpr std::size_t names_max = 20;
    for (std::size_t i = 0; i < std::min(names_max, lookups.size()); ++i) {
        out += (i == 0 ? ": " : ", ") + lookups[i].name;
    }
    return lookups.size() > names_max ? out + ", ..." : out;
}

// Parameters that the RESP face would refuse at its start.
ConfigErrors redis_errors(const Config& config) {
    cache::Keyspace keyspace;
    net::WorkerPool workers(1);
    resp::RespServer server(keyspace, workers, {});
    if (auto made = make_users(server.state().acl, config.users); !made) return {made.error().message};
    if (auto applied = server.apply(resp_options(config)); !applied) return {applied.error().message};
    return {};
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

void print_record(Terminal& terminal, const resp::AdminRecord& record) {
    for (const auto& [name, value] : record) {
        const auto* text = std::get_if<std::string>(&value);
        const auto* number = std::get_if<std::int64_t>(&value);
        auto tone = name != "cacheable" ? Tone::plain : text != nullptr && *text == "yes" ? Tone::good : Tone::fair;
        if (name == "reason") tone = Tone::fair;
        terminal.field(name, text != nullptr ? *text : number != nullptr ? std::to_string(*number) : "", tone);
    }
}

}  // namespace

int check(const Config& config) {
    Terminal terminal(stdout);
    terminal.field("file", config.file);
    print_listeners(terminal, "resp", config.listen.resp);
    print_listeners(terminal, "mysql", config.listen.mysql);
    print_listeners(terminal, "http", config.listen.http);
    terminal.field("lookups", names_of(config.lookups));
    terminal.field("rules", std::to_string(config.rules.size()));
    terminal.field("database",
                   config.mysql ? config.mysql->address() : "none: lookups and the MySQL port need a [mysql] section");
    std::fflush(stdout);
    quiet_log();
    if (auto errors = redis_errors(config); !errors.empty()) return exit_code(errors);
    if (config.mysql) {
        Bench bench(config);
        auto errors = bench.side.start(MysqlSide::Unreachable::is_an_error);
        if (!errors.empty()) return exit_code(errors);
        print_coherence(terminal, bench.side.coherence().status());
        for (const auto& remark : bench.side.remarks()) terminal.field("note", remark, Tone::fair);
    }
    terminal.field("result", "good", Tone::good);
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
    Terminal terminal(stdout);
    print_record(terminal, *record);
    return 0;
}

}  // namespace sabil::proxy::app
