#include "proxy/app/program.h"

#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "proxy/app/admin.h"
#include "proxy/app/admin_json.h"
#include "proxy/app/live.h"
#include "proxy/app/logging.h"
#include "proxy/app/maintenance.h"
#include "proxy/app/metrics.h"
#include "proxy/app/mysql_side.h"
#include "proxy/app/redis_parameters.h"
#include "proxy/app/resp_options.h"
#include "proxy/app/service_notice.h"
#include "proxy/app/signals.h"
#include "proxy/app/status.h"
#include "proxy/app/users.h"
#include "proxy/app/watchdog.h"
#include "proxy/net/cpu_list.h"
#include "proxy/net/worker.h"
#include "proxy/observe/http_server.h"
#include "proxy/observe/process_metrics.h"
#include "proxy/persistence/service.h"
#include "proxy/resp/resp_server.h"

namespace sabil::proxy::app {
namespace {

// One line on standard output, at once: others wait for it.
void say(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

// Clients need one descriptor each: take as many as the system lets us.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// A huge page is copied whole where a child's snapshot meets one changed byte, and untouched tables would take memory.
void forbid_huge_pages() {
    if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0) {
        spdlog::warn("huge pages stay in use: {}", std::generic_category().message(errno));
    }
}

Result<resp::PurgeScope> purge_scope(std::string_view name) {
    constexpr std::pair<std::string_view, resp::PurgeScope> scopes[] = {{"all", resp::PurgeScope::all},
                                                                        {"table", resp::PurgeScope::table},
                                                                        {"lookup", resp::PurgeScope::lookup},
                                                                        {"query", resp::PurgeScope::query},
                                                                        {"tag", resp::PurgeScope::tag}};
    for (const auto& [known, scope] : scopes) {
        if (known == name) return scope;
    }
    return fail(ErrorCode::invalid, "scope must be one of all, table, lookup, query, tag");
}

resp::QueryOrder query_order(std::string_view by) {
    if (by == "saved") return resp::QueryOrder::saved;
    if (by == "bytes") return resp::QueryOrder::bytes;
    if (by == "misses") return resp::QueryOrder::misses;
    return resp::QueryOrder::hits;
}

}  // namespace

struct Program::Rooms {
    explicit Rooms(const Config& config)
        : mysql_metrics(registry, "mysql"),
          resp_metrics(registry, "resp"),
          workers(0),
          mysql(config.mysql ? std::make_unique<MysqlSide>(config, mysql_rooms()) : nullptr),
          status(status_parts(config)),
          admin(admin_parts(config)),
          live({keyspace, mysql ? &mysql->coherence() : nullptr, status, admin, mysql_metrics, resp_metrics}, events),
          http(http_sources(), {config.http.password, config.http.public_metrics}) {}

    MysqlSide::Rooms mysql_rooms() { return {keyspace, workers, registry, mysql_metrics, resp_metrics}; }

    Admin::Parts admin_parts(const Config& config) {
        if (!mysql) return {keyspace, status, nullptr, nullptr, nullptr, "", {}, nullptr};
        return {keyspace,
                status,
                &mysql->coherence(),
                &mysql->lookups(),
                [this] { return mysql->front(); },
                config.mysql->database,
                registry.counter("sabil_invalidations_total", "What made entries stale.", {{"source", "purge"}}),
                [this] { return saved_data.warm_restart().purged(); }};
    }

    Status::Parts status_parts(const Config& config) {
        std::function<std::string()> trouble;
        if (mysql) trouble = [this] { return mysql->trouble(); };
        return {keyspace,
                mysql ? &mysql->coherence() : nullptr,
                config.cache.coherence,
                config.mysql ? config.mysql->address() : "",
                mysql_metrics,
                resp_metrics,
                [this] { return resp ? resp->counters().connections : 0; },
                std::move(trouble)};
    }

    observe::HttpSources http_sources() {
        observe::HttpSources out;
        out.prometheus = [this] { return registry.prometheus(); };
        out.open_metrics = [this] { return registry.open_metrics(); };
        out.readiness = [this] { return status.readiness(); };
        out.status_json = [this] { return status.json(); };
        out.lookups_json = [this] { return to_json(admin.lookups()); };
        out.queries_json = [this](std::size_t limit, std::string_view by) {
            return to_json(admin.queries(limit, query_order(by)));
        };
        out.events_json = [this] { return live.events_json(); };
        out.live_json = [this](std::uint64_t after) { return live.json(after); };
        out.purge = [this](std::string_view scope, std::string_view what) { return purge(scope, what); };
        return out;
    }

    Result<std::uint64_t> purge(std::string_view scope, std::string_view what) {
        auto wanted = purge_scope(scope);
        if (!wanted) return tl::unexpected(wanted.error());
        auto dropped = admin.purge(*wanted, what);
        if (dropped) {
            live.events().add("purge", std::string(scope) + (what.empty() ? "" : " ") + std::string(what) + ": " +
                                           std::to_string(*dropped) +
                                           (*dropped == 1 ? " entry dropped" : " entries dropped"));
        }
        return dropped;
    }

    Result<void> start_resp(const Config& config) {
        resp::ServerServices services;
        services.admin = &admin;
        if (mysql) services.read_through = &mysql->lookups();
        // The signal is taken by the thread that waits in run().
        services.shut_down = [](std::optional<bool>) { kill(getpid(), SIGTERM); };
        services.persistence = &saved_data;
        services.log = &saved_data.log();
        services.on_parameter = [this](std::string_view name, std::string_view value) {
            return take_parameter(name, value);
        };
        resp = std::make_unique<resp::RespServer>(keyspace, workers, services);
        saved_data.attach(resp->state());
        if (auto made = make_users(resp->state().acl, config.users); !made) return made;
        if (mysql) mysql->lookups().set_on_changed([this](std::string_view key) { resp->key_invalidated(key); });
        if (auto started = resp->start(resp_options(config)); !started) return started;
        register_resp_metrics(registry, *resp);
        register_persistence_metrics(registry, saved_data);
        for (const auto& address : resp->addresses()) say("resp listening on " + address.text());
        return {};
    }

    // The parameters that concern the program. Those of the log are the configuration's own until a client sets them.
    Result<void> take_parameter(std::string_view name, std::string_view value) {
        if (name == "dir" && chdir(std::string(value).c_str()) != 0) {
            return fail(ErrorCode::io, "Changing directory: " + std::generic_category().message(errno));
        }
        if (name == "loglevel" && resp) set_log_level(redis_log_level(value));
        return saved_data.set_parameter(name, value);
    }

    // Clients are answered LOADING meanwhile.
    Result<void> load_data() {
        auto interrupted = [] {
            int signal = wait_for_signal(std::chrono::milliseconds(0));
            return signal == SIGTERM || signal == SIGINT;
        };
        return saved_data.load(interrupted);
    }

    // What was filled before a restart is there before anybody can ask for it.
    Result<void> restore_filled() {
        if (!mysql) return {};
        if (auto made = mysql->make_front(); !made) return made;
        saved_data.warm_restart().restore(keyspace, mysql->fill_keepers());
        return {};
    }

    Result<void> start_mysql() {
        if (!mysql) return {};
        auto& warm = saved_data.warm_restart();
        warm.configure(mysql->coherence(), mysql->fill_settings());
        mysql->resume_from(warm.save_point());
        auto errors = mysql->start();
        if (!errors.empty()) {
            for (std::size_t i = 0; i + 1 < errors.size(); ++i) spdlog::error("{}", errors[i]);
            return fail(ErrorCode::invalid, errors.back());
        }
        for (const auto& remark : mysql->remarks()) spdlog::warn("{}", remark);
        auto state = mysql->coherence().status();
        say("coherence '" + std::string(coherence_mode_name(state.mode)) + "'" +
            (state.why.empty() ? "" : ": " + state.why));
        return {};
    }

    Result<void> listen_mysql() {
        if (!mysql) return {};
        if (auto listening = mysql->listen(); !listening) return listening;
        if (mysql->front() == nullptr) return {};
        for (const auto& address : mysql->front()->addresses()) say("mysql listening on " + address.text());
        return {};
    }

    Result<void> start_http(const Config& config) {
        for (const auto& wanted : config.listen.http) {
            auto address = http.open(wanted);
            if (address) {
                say("http listening on " + address->text());
            } else if (config.listen.http_is_default) {
                spdlog::warn("{}; going on without it, [listen] http = \"\" turns it off", address.error().message);
            } else {
                return tl::unexpected(address.error());
            }
        }
        return {};
    }

    std::shared_ptr<observe::EventLog> events = std::make_shared<observe::EventLog>();
    observe::Registry registry;
    observe::FaceMetrics mysql_metrics;
    observe::FaceMetrics resp_metrics;
    cache::Keyspace keyspace;
    net::WorkerPool workers;
    std::unique_ptr<MysqlSide> mysql;
    Status status;
    Admin admin;
    Live live;
    persistence::Service saved_data{keyspace};
    std::unique_ptr<resp::RespServer> resp;
    observe::HttpServer http;
    std::unique_ptr<Maintenance> maintenance;
};

Program::Program(Config config, Reread reread) : config_(std::move(config)), reread_(std::move(reread)) {}

Program::~Program() {
    stop();
}

Result<void> Program::start() {
    raise_descriptor_limit();
    if (redis_parameter(config_, "disable-thp") != "no") forbid_huge_pages();
    if (auto there = net::run_on_cpus(redis_parameter(config_, "server-cpulist")); !there) {
        spdlog::warn("server-cpulist: {}", there.error().message);
    }
    rooms_ = std::make_unique<Rooms>(config_);
    auto& rooms = *rooms_;
    copy_log_to(rooms.events);
    rooms.mysql_metrics.slow = std::make_shared<observe::SlowStatements>(config_.log.slow);
    observe::register_process_metrics(rooms.registry);
    register_store_metrics(rooms.registry, rooms.keyspace);
    register_coherence_metrics(rooms.registry, rooms.mysql ? &rooms.mysql->coherence() : nullptr);
    if (config_.redis_mode) {
        say("PID: " + std::to_string(getpid()));
        spdlog::info("sabil " SABIL_VERSION " in place of redis-server, PID: {}", getpid());
    }
    rooms.workers.start();
    rooms.maintenance = std::make_unique<Maintenance>(rooms.keyspace, redis_parameter(config_, "bio-cpulist"));
    if (auto started = rooms.start_resp(config_); !started) return started;
    if (config_.redis_mode) spdlog::info("Server initialized");
    if (auto loaded = rooms.load_data(); !loaded) return loaded;
    if (auto started = rooms.start_mysql(); !started) return started;
    if (auto restored = rooms.restore_filled(); !restored) return restored;
    if (auto started = rooms.saved_data.start(); !started) return started;
    if (auto started = rooms.listen_mysql(); !started) return started;
    rooms.live.start();
    if (auto started = rooms.start_http(config_); !started) return started;
    say("ready");
    if (config_.redis_mode) {
        // What starts servers looks for this line, some for the log's form of it (" * Ready ..."), wherever the log
        // goes.
        spdlog::info("Ready to accept connections");
        say("Ready to accept connections");
    }
    notify_service_manager("READY=1");
    return {};
}

void Program::run() {
    constexpr auto forever = std::chrono::hours(24);
    while (true) {
        int signal = wait_for_signal(forever);
        if (signal == SIGTERM || signal == SIGINT) {
            // Where the data cannot be saved, the server goes on; the log tells why.
            auto& data = rooms_->saved_data;
            if (data.prepared() || data.prepare_shutdown(std::nullopt, false)) return;
        }
        if (signal == SIGHUP) reload();
    }
}

void Program::reload() {
    auto config = reread_();
    if (!config) {
        for (const auto& error : config.error()) spdlog::error("reload: {}", error);
        spdlog::error("reload: nothing was changed");
        return;
    }
    if (rooms_->mysql && config->mysql) {
        if (auto done = rooms_->mysql->reload(*config); !done) {
            spdlog::error("reload: {}; nothing was changed", done.error().message);
            return;
        }
    }
    if (auto done = reload_users(rooms_->resp->state().acl, config_, *config); !done) {
        spdlog::error("reload: {}", done.error().message);
    }
    set_log_level(config->log.level);
    config_.log.level = config->log.level;
    config_.redis = std::move(config->redis);
    config_.users = std::move(config->users);
    spdlog::info("reloaded lookups, rules, users and log level");
    rooms_->events->add("reload", "lookups, rules, users and log level were read again");
}

void Program::stop() {
    if (!rooms_) return;
    Watchdog watchdog(stop_limit);
    notify_service_manager("STOPPING=1");
    auto& rooms = *rooms_;
    if (rooms.mysql) rooms.mysql->stop_listening();
    if (rooms.resp) rooms.resp->stop();
    rooms.http.close();
    rooms.live.stop();
    rooms.registry.remove_callbacks();
    rooms.maintenance.reset();
    rooms.workers.stop();
    rooms.workers.join();
    rooms.saved_data.stop();
    if (rooms.mysql) rooms.mysql->lookups().set_on_changed(nullptr);
    rooms.resp.reset();
    if (rooms.mysql) rooms.mysql->close();
    rooms_.reset();
}

}  // namespace sabil::proxy::app
