#include "proxy/app/mysql_options.h"

namespace sabil::proxy::app {
namespace {

using namespace std::chrono_literals;

mysql::TlsMode tls_mode(TlsUse use) {
    switch (use) {
        case TlsUse::disabled:
            return mysql::TlsMode::disabled;
        case TlsUse::preferred:
            return mysql::TlsMode::preferred;
        case TlsUse::required:
            return mysql::TlsMode::required;
        case TlsUse::verify_identity:
            return mysql::TlsMode::verify_identity;
    }
    return mysql::TlsMode::preferred;
}

mysql_front::BackendTls backend_tls(TlsUse use) {
    switch (use) {
        case TlsUse::disabled:
            return mysql_front::BackendTls::disabled;
        case TlsUse::preferred:
            return mysql_front::BackendTls::preferred;
        case TlsUse::required:
            return mysql_front::BackendTls::required;
        case TlsUse::verify_identity:
            return mysql_front::BackendTls::verify_identity;
    }
    return mysql_front::BackendTls::preferred;
}

coherence::Wish wish(CoherenceWish wish_in) {
    switch (wish_in) {
        case CoherenceWish::automatic:
            return coherence::Wish::automatic;
        case CoherenceWish::coherent:
            return coherence::Wish::coherent;
        case CoherenceWish::in_path:
            return coherence::Wish::in_path;
        case CoherenceWish::ttl:
            return coherence::Wish::ttl;
    }
    return coherence::Wish::automatic;
}

mysql::ConnectOptions connect_options(const MysqlConfig& config) {
    mysql::ConnectOptions out;
    out.endpoint = {config.host, config.port, config.socket};
    out.user = config.user;
    out.password = config.password;
    out.tls = {tls_mode(config.tls), config.ca, config.cert, config.key};
    return out;
}

std::string any(const std::string& glob) {
    return glob == "*" ? "" : glob;
}

}  // namespace

mysql::PoolOptions pool_options(const MysqlConfig& config) {
    mysql::PoolOptions out;
    out.connect = connect_options(config);
    out.connect.database = config.database;
    out.connections_max = static_cast<unsigned>(config.pool);
    return out;
}

coherence::Options coherence_options(const Config& config, mysql::Pool& pool) {
    coherence::Options out;
    out.connect = connect_options(*config.mysql);
    out.max_staleness = config.cache.max_staleness;
    out.wish = wish(config.cache.coherence);
    out.pool = &pool;
    if (!config.mysql->database.empty()) out.preload = {config.mysql->database};
    return out;
}

readthrough::ServiceOptions service_options(const Config& config) {
    readthrough::ServiceOptions out;
    out.default_schema = config.mysql->database;
    out.default_ttl = config.cache.default_ttl;
    out.max_staleness = config.cache.max_staleness;
    out.max_result_bytes = config.cache.max_result_bytes;
    return out;
}

std::vector<mysql_front::RuleOptions> rule_options(const std::vector<RuleConfig>& rules) {
    std::vector<mysql_front::RuleOptions> out;
    for (const auto& rule : rules) {
        mysql_front::RuleOptions one;
        one.user = any(rule.user);
        one.schema = any(rule.schema);
        one.table = any(rule.table);
        one.query = rule.query;
        one.cache = rule.cache;
        if (rule.ttl.count() > 0) one.ttl = rule.ttl;
        if (rule.stale_if_error.count() > 0) one.stale_if_error = rule.stale_if_error;
        one.refresh = rule.refresh;
        out.push_back(std::move(one));
    }
    return out;
}

mysql_front::MysqlFrontOptions front_options(const Config& config, CoherenceMode mode) {
    mysql_front::MysqlFrontOptions out;
    const auto& mysql = *config.mysql;
    out.listen = config.listen.mysql;
    out.backend.address = {mysql.host, mysql.port, mysql.socket};
    out.backend.tls = backend_tls(mysql.tls);
    out.backend.ca = mysql.ca;
    out.backend.cert = mysql.cert;
    out.backend.key = mysql.key;
    out.rules = rule_options(config.rules);
    out.max_result_bytes = config.cache.max_result_bytes;
    out.default_ttl = config.cache.default_ttl.value_or(mode == CoherenceMode::coherent ? 1h : 60s);
    out.max_staleness = config.cache.max_staleness;
    out.write_ack =
        config.cache.write_ack == WriteAck::applied ? mysql_front::WriteAck::applied : mysql_front::WriteAck::sent;
    out.transactions = config.cache.transactions == TransactionUse::until_write ? mysql_front::Transactions::until_write
                                                                                : mysql_front::Transactions::bypass;
    out.monotonic_reads = config.cache.monotonic_reads;
    return out;
}

std::string explain_error(const MysqlConfig& config, const Error& error) {
    constexpr std::uint16_t no_access_to_database = 1044;
    constexpr std::uint16_t unknown_database = 1049;
    auto server = "MySQL at " + config.address();
    if (error.number == unknown_database) {
        return server + " has no database '" + config.database + "'; check [mysql] database";
    }
    if (error.number == no_access_to_database) {
        return server + ": user '" + config.user + "' may not use database '" + config.database +
               "'; GRANT SELECT ON " + config.database + ".* to it, or check [mysql] database";
    }
    if (error.code == ErrorCode::denied) {
        return server + " refuses user '" + config.user + "': " + error.message + "; check [mysql] user and password";
    }
    if (error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout) {
        return server + " cannot be reached: " + error.message + "; check that it runs, and [mysql] " +
               (config.socket.empty() ? "host and port" : "socket");
    }
    return server + ": " + error.message;
}

}  // namespace sabil::proxy::app
