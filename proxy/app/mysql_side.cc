#include "proxy/app/mysql_side.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <future>
#include <thread>

#include "proxy/app/mysql_options.h"
#include "proxy/coherence/coherence_engine.h"
#include "proxy/mysql_front/tls_certificate.h"

namespace sabil::proxy::app {
namespace {

using namespace std::chrono_literals;

// Runs a statement and waits for it.
Result<mysql::Rows> ask(mysql::Pool& pool, const std::string& statement, std::chrono::milliseconds limit) {
    auto answer = std::make_shared<std::promise<Result<mysql::Rows>>>();
    auto future = answer->get_future();
    pool.submit(
        statement, {}, [answer](Result<mysql::Rows> rows) { answer->set_value(std::move(rows)); }, limit);
    if (future.wait_for(limit + 1s) != std::future_status::ready) {
        return fail(ErrorCode::timeout, "no answer in " + std::to_string(limit.count()) + " ms");
    }
    return future.get();
}

bool is_away(const Error& error) {
    return error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout || error.code == ErrorCode::io;
}

}  // namespace

MysqlSide::MysqlSide(const Config& config, Rooms rooms) : mysql_(*config.mysql), config_(config), rooms_(rooms) {
    pool_ = std::make_unique<mysql::Pool>(pool_options(mysql_));
    engine_ = std::make_unique<coherence::CoherenceEngine>(coherence_options(config, *pool_));
    auditor_ = std::make_unique<Auditor>(
        *engine_, AuditOptions{.one_in = static_cast<std::uint32_t>(config.cache.audit_one_in)}, rooms_.registry);
    auto submit = [this](std::string statement, std::vector<mysql::Pool::Parameter> parameters,
                         mysql::Pool::Callback done, std::chrono::milliseconds limit) {
        pool_->submit(std::move(statement), std::move(parameters), std::move(done), limit);
    };
    lookups_ = std::make_unique<readthrough::LookupService>(rooms_.keyspace, *engine_, submit, service_options(config),
                                                            rooms_.registry, rooms_.resp_metrics);
    lookups_->set_auditor(auditor_.get());
    lookup_keeper_ = std::make_unique<readthrough::LookupKeeper>(*lookups_);
    std::vector<std::string> errors;  // none: the configuration was compiled when it was read
    lookups_->set_lookups(readthrough::LookupSet(config.lookups, config.file, errors));
}

MysqlSide::~MysqlSide() {
    close();
}

Coherence& MysqlSide::coherence() noexcept {
    return *engine_;
}

void MysqlSide::resume_from(std::string save_point) {
    engine_->resume_from(std::move(save_point));
}

ConfigErrors MysqlSide::start(Unreachable unreachable) {
    auto started = engine_->start();
    if (!started) {
        const auto& error = started.error();
        if (!is_away(error) || unreachable == Unreachable::is_an_error) return {explain_error(mysql_, error)};
        if (config_.cache.coherence == CoherenceWish::coherent) {
            return {explain_error(mysql_, error) +
                    "; coherence = \"coherent\" does not start without it, \"auto\" would"};
        }
        spdlog::warn(
            "{}; starting without it: keys of clients are served, lookups answer -MYSQLDOWN, and it is tried again",
            explain_error(mysql_, error));
        return {};
    }
    if (auto errors = check_account(unreachable); !errors.empty()) return errors;
    check_views();
    return check_lookups();
}

// A view's definition tells its tables; without it no statement over it can be cached. The server hides it from an
// account without SHOW VIEW.
void MysqlSide::check_views() {
    auto answer = ask(*pool_,
                      "SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() AND "
                      "VIEW_DEFINITION = '' ORDER BY TABLE_NAME LIMIT 100",
                      5s);
    if (!answer || answer->rows.empty()) return;
    std::string names;
    constexpr std::size_t names_max = 5;
    for (std::size_t i = 0; i < std::min(names_max, answer->rows.size()); ++i) {
        const auto* name = std::get_if<std::string>(&answer->rows[i][0]);
        names += (i > 0 ? ", " : "") + (name == nullptr ? "" : *name);
    }
    if (answer->rows.size() > names_max) names += ", ...";
    remarks_.push_back("user '" + mysql_.user + "' may not see what these views of '" + mysql_.database +
                       "' read, so statements over them are not cached: " + names + "; GRANT SHOW VIEW ON *.* TO '" +
                       mysql_.user + "'");
}

ConfigErrors MysqlSide::check_account(Unreachable unreachable) {
    auto answer = ask(*pool_, "SELECT 1", 5s);
    if (answer) return {};
    if (!is_away(answer.error()) || unreachable == Unreachable::is_an_error) {
        return {explain_error(mysql_, answer.error())};
    }
    spdlog::warn("{}", explain_error(mysql_, answer.error()));
    return {};
}

ConfigErrors MysqlSide::check_lookups() {
    using Findings = std::vector<readthrough::LookupService::Finding>;
    auto answer = std::make_shared<std::promise<Result<Findings>>>();
    auto future = answer->get_future();
    lookups_->inspect([answer](Result<Findings> findings) { answer->set_value(std::move(findings)); });
    constexpr auto inspection_limit = 15s;
    constexpr auto loading_limit = 3s;
    if (future.wait_for(inspection_limit) != std::future_status::ready) {
        spdlog::warn("the lookups could not be checked: the server did not answer in 15 s");
        return {};
    }
    auto findings = future.get();
    if (!findings) {
        spdlog::warn("the lookups could not be checked: {}", findings.error().message);
        return {};
    }
    ConfigErrors errors;
    for (const auto& finding : *findings) {
        auto text = config_.file + ": lookup '" + finding.lookup + "': " + finding.message;
        (finding.fatal ? errors : remarks_).push_back(text);
    }
    auto deadline = system_clock().steady() + loading_limit;
    while (errors.empty() && !lookups_->tables_are_loaded() && system_clock().steady() < deadline) {
        std::this_thread::sleep_for(2ms);
    }
    return errors;
}

// The process stands in `dir` by now.
std::string MysqlSide::certificate_folder() {
    std::error_code error;
    auto folder = std::filesystem::current_path(error).string();
    if (error) return {};
    auto file = folder + "/" + mysql_front::certificate_file;
    bool was_there = std::filesystem::exists(file, error);
    if (auto kept = mysql_front::kept_certificate(folder); !kept) {
        spdlog::warn(
            "the MySQL port's certificate cannot be kept, each start makes a new one: {}; set [redis] dir to a "
            "folder that user may write",
            kept.error().message);
        return {};
    }
    spdlog::info("TLS on the MySQL port: self-signed certificate {}{}", file, was_there ? "" : ", made now");
    return folder;
}

Result<void> MysqlSide::make_front() {
    if (config_.listen.mysql.empty()) return {};
    auto options = front_options(config_, engine_->mode());
    options.tls.folder = certificate_folder();
    options.auditor = auditor_.get();
    auto front = mysql_front::MysqlFront::create(std::move(options), rooms_.workers, rooms_.keyspace, *engine_,
                                                 rooms_.mysql_metrics);
    if (!front) return tl::unexpected(front.error());
    front_ = std::move(*front);
    return {};
}

Result<void> MysqlSide::listen() {
    return front_ ? front_->start() : Result<void>();
}

std::vector<persistence::FillKeeper*> MysqlSide::fill_keepers() {
    std::vector<persistence::FillKeeper*> keepers{lookup_keeper_.get()};
    if (front_) keepers.push_back(&front_->keeper());
    return keepers;
}

std::string MysqlSide::fill_settings() const {
    const auto& ttl = config_.cache.default_ttl;
    return "database " + mysql_.database + "\nuser " + mysql_.user + "\ndefault_ttl " +
           (ttl ? std::to_string(ttl->count()) : "default") + "\n";
}

std::string MysqlSide::trouble() {
    constexpr auto period = 1s;
    std::lock_guard lock(trouble_mutex_);
    auto now = system_clock().steady();
    if (trouble_asked_ != SteadyTime{} && now - trouble_asked_ < period) return trouble_;
    auto answer = ask(*pool_, "SELECT 1", 1s);
    trouble_ = answer ? "" : answer.error().message;
    trouble_asked_ = system_clock().steady();
    return trouble_;
}

Result<void> MysqlSide::reload(const Config& config) {
    if (front_) {
        if (auto done = front_->set_rules(rule_options(config.rules)); !done) return done;
    }
    std::vector<std::string> errors;
    lookups_->set_lookups(readthrough::LookupSet(config.lookups, config.file, errors));
    config_.lookups = config.lookups;
    config_.rules = config.rules;
    return {};
}

void MysqlSide::stop_listening() {
    if (front_) front_->stop();
}

void MysqlSide::close() {
    if (!engine_) return;
    lookups_->close();
    front_.reset();
    auditor_.reset();
    rooms_.keyspace.drop_filled(nullptr);
    engine_.reset();
    pool_.reset();
    lookups_.reset();
}

}  // namespace sabil::proxy::app
