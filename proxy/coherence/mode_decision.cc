#include "proxy/coherence/mode_decision.h"

namespace sabil::proxy {

std::string_view coherence_mode_name(CoherenceMode mode) noexcept {
    switch (mode) {
        case CoherenceMode::coherent:
            return "coherent";
        case CoherenceMode::best_effort:
            return "best-effort";
        case CoherenceMode::in_path:
            return "in-path";
        case CoherenceMode::ttl:
            return "ttl";
        case CoherenceMode::off:
            return "off";
    }
    return "off";
}

}  // namespace sabil::proxy

namespace sabil::proxy::coherence {

namespace {

// What no reader of the binlog could make up for.
std::string unusable_binlog(const Server& server) {
    const auto& settings = server.settings;
    if (!settings.log_bin) {
        return "the server's binary log is off; start it with log_bin=ON and binlog_format=ROW";
    }
    if (!settings.binlog_do_db.empty() || !settings.binlog_ignore_db.empty()) {
        return "the server logs only some schemas; remove binlog_do_db and binlog_ignore_db";
    }
    if (server.is_replica && !server.logs_replicated) {
        return std::string("the server applies another server's changes without logging them; set ") +
               (server.identity.kind == mysql::ServerKind::mysql ? "log_replica_updates=ON" : "log_slave_updates=ON");
    }
    return {};
}

std::string advice_for(const Server& server) {
    const auto& settings = server.settings;
    std::string advice;
    auto add = [&](std::string_view text) {
        if (!advice.empty()) advice += "; ";
        advice += text;
    };
    if (!settings.binlog_format.empty() && settings.binlog_format != "ROW") {
        add("binlog_format=" + settings.binlog_format +
            ": a statement without row events makes its whole schema stale, set binlog_format=ROW");
    }
    if (!settings.binlog_row_image.empty() && settings.binlog_row_image.find("FULL") == std::string::npos) {
        add("binlog_row_image=" + settings.binlog_row_image +
            ": changes that leave out a column make its table stale, set binlog_row_image=FULL");
    }
    return advice;
}

}  // namespace

std::string_view identity_query(mysql::ServerKind kind) noexcept {
    return kind == mysql::ServerKind::mysql ? "SELECT @@server_uuid"
                                            : "SELECT CONCAT_WS(' ', @@hostname, @@port, @@server_id, @@datadir)";
}

ModeDecision decide_mode(const Server& server, Wish wish) {
    if (wish == Wish::ttl) return {CoherenceMode::ttl, "cache.coherence asks for ttl", {}};
    if (wish == Wish::in_path) return {CoherenceMode::in_path, "cache.coherence asks for in-path", {}};
    if (auto why = unusable_binlog(server); !why.empty()) return {CoherenceMode::in_path, why, {}};
    bool is_mysql = server.identity.kind == mysql::ServerKind::mysql;
    if (is_mysql && server.settings.gtid_mode != "ON") {
        return {CoherenceMode::best_effort,
                "the server's gtid_mode is " + server.settings.gtid_mode +
                    "; set gtid_mode=ON and enforce_gtid_consistency=ON",
                {}};
    }
    return {CoherenceMode::coherent, {}, advice_for(server)};
}

std::string missing_grant(const Server& server, const std::string& user) {
    bool is_mysql = server.identity.kind == mysql::ServerKind::mysql;
    return "the account may not read the binary log; run: GRANT REPLICATION SLAVE, " +
           std::string(is_mysql ? "REPLICATION CLIENT" : "BINLOG MONITOR") + " ON *.* TO '" + user + "'@'%'";
}

}  // namespace sabil::proxy::coherence
