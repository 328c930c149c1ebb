#include "proxy/app/config.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "proxy/readthrough/lookup_set.h"

namespace sabil::proxy::app {
namespace {

using namespace std::chrono_literals;
using readthrough::Encoding;
using readthrough::LookupConfig;

constexpr auto longest_ttl = std::chrono::milliseconds{365 * 24h};

// The tables of the file, by the key that names them; the same checks as inside a section.
struct Root {
    ConfigReport& report;
    const ConfigNode& node;
    std::vector<std::string> known{};

    const ConfigNode* section(const std::string& name) {
        known.push_back(name);
        auto at = node.table()->find(name);
        return at == node.table()->end() ? nullptr : &at->second;
    }
    void finish() {
        for (const auto& [name, child] : node.table() ? *node.table() : ConfigNode::Table{}) check(name, child.line);
        for (const auto& [flag, value] : *report.overrides) {
            auto section_name = flag.substr(0, flag.find('.'));
            if (section_name == "lookup" || section_name == "rule") {
                report.errors.push_back("--" + flag + ": lookups and rules are set in the file only");
            } else {
                check(section_name, 0, "--" + flag + ": ");
            }
        }
    }
    void check(const std::string& name, unsigned line, std::string place = {}) {
        if (std::find(known.begin(), known.end(), name) != known.end()) return;
        if (place.empty()) place = report.file + ":" + std::to_string(line) + ": ";
        auto near = nearest(name, known);
        std::string list;
        for (const auto& section_name : known) list += (list.empty() ? "" : ", ") + section_name;
        report.errors.push_back(
            place + "unknown section '" + name + "'; " +
            (near.empty() ? "the sections are " + list : "did you mean '" + std::string(near) + "'?"));
    }
};

void read_listen(SectionReader section, bool has_mysql, ListenConfig& out) {
    out.resp = {*net::parse_address("127.0.0.1:6379")};
    out.http = {*net::parse_address("127.0.0.1:8379")};
    if (has_mysql) out.mysql = {*net::parse_address("127.0.0.1:3307")};
    section.addresses("resp", out.resp);
    bool mysql_given = section.addresses("mysql", out.mysql);
    out.http_is_default = !section.addresses("http", out.http);
    if (!has_mysql && mysql_given && !out.mysql.empty()) {
        section.error("mysql", "needs a [mysql] section: the database behind it");
    }
    section.finish();
}

std::string beside(const std::string& config_file, const std::string& path) {
    if (path.empty() || path.front() == '/' || config_file.empty()) return path;
    return (std::filesystem::path(config_file).parent_path() / path).string();
}

void read_password(SectionReader& section, const std::string& config_file, std::string& password) {
    std::string variable;
    std::string file;
    int given = section.text("password", password) ? 1 : 0;
    bool from_variable = section.text("password_env", variable);
    bool from_file = section.text("password_file", file);
    given += (from_variable ? 1 : 0) + (from_file ? 1 : 0);
    if (given > 1) {
        section.error(from_file ? "password_file" : "password_env",
                      "is given beside another password; keep one of password, password_env and password_file");
        return;
    }
    if (from_variable) {
        const char* value = std::getenv(variable.c_str());
        if (value == nullptr) {
            section.error("password_env", "names the environment variable '" + variable + "', which is not set");
        } else {
            password = value;
        }
    }
    if (from_file) {
        constexpr std::size_t password_file_bytes = 4096;
        auto text = read_file(beside(config_file, file), password_file_bytes);
        if (!text) {
            section.error("password_file", "cannot be used: " + text.error().message);
        } else {
            password = text->substr(0, text->find_first_of("\r\n"));
        }
    }
}

void read_mysql(SectionReader section, const std::string& config_file, std::optional<MysqlConfig>& out) {
    if (!section.present()) return;
    auto& mysql = out.emplace();
    std::int64_t port = mysql.port;
    std::int64_t pool = static_cast<std::int64_t>(mysql.pool);
    bool host_given = section.text("host", mysql.host);
    section.integer("port", port, 1, 65535);
    bool socket_given = section.text("socket", mysql.socket);
    if (host_given && socket_given && !mysql.socket.empty()) {
        section.error("socket", "is given beside host; keep one of them");
    }
    if (mysql.host.empty()) section.error("host", "is empty; name the database server, or set socket");
    section.required_text("user", mysql.user, "is missing; give the account that lookups and the binlog reader use");
    read_password(section, config_file, mysql.password);
    section.text("database", mysql.database);
    section.choice<TlsUse>("tls", mysql.tls,
                           {{"disabled", TlsUse::disabled},
                            {"preferred", TlsUse::preferred},
                            {"required", TlsUse::required},
                            {"verify-identity", TlsUse::verify_identity}});
    for (auto [key, field] : {std::pair{"ca", &mysql.ca}, {"cert", &mysql.cert}, {"key", &mysql.key}}) {
        if (!section.text(key, *field) || field->empty()) continue;
        *field = beside(config_file, *field);
        if (!std::ifstream(*field)) section.error(key, "names '" + *field + "', which cannot be read");
    }
    if (mysql.cert.empty() != mysql.key.empty()) section.error("cert", "and key belong together; give both or neither");
    section.integer("pool", pool, 1, 256);
    mysql.port = static_cast<std::uint16_t>(port);
    mysql.pool = static_cast<std::size_t>(pool);
    section.finish();
}

void read_cache(SectionReader section, CacheConfig& out) {
    constexpr std::uint64_t least_memory_bytes = 1ULL << 20;
    out.maxmemory_given = section.bytes("maxmemory", out.maxmemory_bytes, 0);
    if (out.maxmemory_bytes != 0 && out.maxmemory_bytes < least_memory_bytes) {
        section.error("maxmemory", "is less than 1mb; give at least that, or 0 for no limit");
    }
    section.choice<CoherenceWish>("coherence", out.coherence,
                                  {{"auto", CoherenceWish::automatic},
                                   {"coherent", CoherenceWish::coherent},
                                   {"in-path", CoherenceWish::in_path},
                                   {"ttl", CoherenceWish::ttl}});
    section.duration("max_staleness", out.max_staleness, 10ms, 1h);
    std::chrono::milliseconds ttl{0};
    if (section.duration("default_ttl", ttl, 1ms, longest_ttl)) out.default_ttl = ttl;
    section.bytes("max_result", out.max_result_bytes, 1);
    section.choice<WriteAck>("write_ack", out.write_ack, {{"sent", WriteAck::sent}, {"applied", WriteAck::applied}});
    section.choice<TransactionUse>("transactions", out.transactions,
                                   {{"bypass", TransactionUse::bypass}, {"until-write", TransactionUse::until_write}});
    section.boolean("monotonic_reads", out.monotonic_reads);
    section.integer("audit_one_in", out.audit_one_in, 0, 1'000'000'000);
    section.finish();
}

LookupConfig read_lookup(SectionReader section) {
    LookupConfig out;
    out.line = section.line();
    section.required_text("name", out.name, "is missing; metrics and error messages use it");
    section.required_text("key", out.key, "is missing; for example key = \"article:{id}\"");
    section.required_text("query", out.query,
                          "is missing; for example query = \"SELECT * FROM articles WHERE id = {id}\"");
    section.choice<Encoding>("as", out.as,
                             {{"json", Encoding::json},
                              {"row", Encoding::row},
                              {"string", Encoding::string},
                              {"hash", Encoding::hash},
                              {"list", Encoding::list},
                              {"set", Encoding::set},
                              {"zset", Encoding::zset}});
    section.duration("ttl", out.ttl, 1ms, longest_ttl);
    std::chrono::milliseconds negative_ttl{0};
    if (section.duration("negative_ttl", negative_ttl, 0ms, longest_ttl)) out.negative_ttl = negative_ttl;
    section.duration("stale_while_revalidate", out.stale_while_revalidate, 0ms, longest_ttl);
    section.duration("stale_if_error", out.stale_if_error, 0ms, longest_ttl);
    section.boolean("refresh", out.refresh);
    section.finish();
    return out;
}

RuleConfig read_rule(ConfigReport& report, SectionReader section) {
    RuleConfig out;
    out.line = section.line();
    if (const auto* node = section.child("match")) {
        SectionReader match(report, node, "rule.match", false);
        match.text("user", out.user);
        match.text("schema", out.schema);
        match.text("table", out.table);
        if (match.text("query", out.query)) {
            try {
                std::regex check(out.query, std::regex::ECMAScript | std::regex::icase);
            } catch (const std::regex_error&) {
                match.error("query", "= '" + out.query + "' is not a regular expression");
            }
        }
        match.finish();
    }
    section.boolean("cache", out.cache);
    section.duration("ttl", out.ttl, 1ms, longest_ttl);
    section.duration("stale_if_error", out.stale_if_error, 0ms, longest_ttl);
    section.boolean("refresh", out.refresh);
    if (!out.cache && out.ttl.count() != 0) section.error("ttl", "has no meaning beside cache = false");
    if (!out.cache && out.refresh) section.error("refresh", "has no meaning beside cache = false");
    section.finish();
    return out;
}

// The tables of [[name]].
const ConfigNode::List& tables_of(ConfigReport& report, const ConfigNode* node, const std::string& name) {
    static const ConfigNode::List none;
    if (node == nullptr) return none;
    if (const auto* list = node->list()) return *list;
    report.errors.push_back(report.file + ":" + std::to_string(node->line) + ": '" + name +
                            "' must be a list of tables; write [[" + name + "]]");
    return none;
}

void read_lookups(ConfigReport& report, const ConfigNode* node, std::vector<LookupConfig>& out) {
    std::set<std::string> names;
    for (const auto& element : tables_of(report, node, "lookup")) {
        SectionReader section(report, &element, "lookup", false);
        if (!section.present()) continue;
        auto lookup = read_lookup(section);
        if (!lookup.name.empty() && !names.insert(lookup.name).second) {
            report.errors.push_back(report.file + ":" + std::to_string(element.line) + ": there is already a lookup '" +
                                    lookup.name + "'; give each its own name");
        }
        out.push_back(std::move(lookup));
    }
    if (out.size() > max_lookups) {
        report.errors.push_back(report.file + ": " + std::to_string(out.size()) + " lookups; the limit is " +
                                std::to_string(max_lookups));
    }
}

void read_rules(ConfigReport& report, const ConfigNode* node, std::vector<RuleConfig>& out) {
    for (const auto& element : tables_of(report, node, "rule")) {
        SectionReader section(report, &element, "rule", false);
        if (section.present()) out.push_back(read_rule(report, section));
    }
    if (out.size() > max_rules) {
        report.errors.push_back(report.file + ": " + std::to_string(out.size()) + " rules; the limit is " +
                                std::to_string(max_rules));
    }
}

void read_log(SectionReader section, LogConfig& out) {
    section.choice<LogLevel>("level", out.level,
                             {{"trace", LogLevel::trace},
                              {"debug", LogLevel::debug},
                              {"info", LogLevel::info},
                              {"warn", LogLevel::warn},
                              {"error", LogLevel::error}});
    section.boolean("json", out.json);
    section.duration("slow", out.slow, 0ms, 24h);
    section.finish();
}

void read_http(SectionReader section, const std::string& config_file, HttpConfig& out) {
    read_password(section, config_file, out.password);
    section.boolean("public_metrics", out.public_metrics);
    section.finish();
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit_bytes) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        return fail(ErrorCode::io, "'" + path + "' is a folder, not a file");
    }
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return fail(ErrorCode::not_found, "'" + path + "' cannot be read: " + std::generic_category().message(errno));
    std::string text(limit_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (in.bad()) return fail(ErrorCode::io, "'" + path + "' cannot be read");
    if (text.size() > limit_bytes) {
        return fail(ErrorCode::out_of_range, "'" + path + "' is larger than " + std::to_string(limit_bytes) + " bytes");
    }
    return text;
}

tl::expected<Config, ConfigErrors> read_config(const std::string& text, const std::string& name,
                                               const Overrides& overrides) {
    auto tree = parse_toml(text, name);
    if (!tree) return tl::unexpected(ConfigErrors{tree.error().message});
    ConfigReport report{name, &overrides, {}};
    Root root{report, *tree};
    Config out;
    out.file = name;
    auto section = [&](const char* key) { return SectionReader(report, root.section(key), key, true); };
    auto listen = section("listen");
    read_mysql(section("mysql"), name, out.mysql);
    read_listen(listen, out.mysql.has_value(), out.listen);
    read_cache(section("cache"), out.cache);
    read_lookups(report, root.section("lookup"), out.lookups);
    read_rules(report, root.section("rule"), out.rules);
    out.redis = section("redis").every_text();
    read_http(section("http"), name, out.http);
    read_log(section("log"), out.log);
    root.finish();
    if (!out.lookups.empty() && !out.mysql) {
        report.errors.push_back(name + ":" + std::to_string(out.lookups.front().line) + ": lookup '" +
                                out.lookups.front().name + "' needs a [mysql] section: the database it reads");
    }
    if (report.errors.empty()) readthrough::LookupSet(out.lookups, name, report.errors);
    if (!report.errors.empty()) return tl::unexpected(std::move(report.errors));
    return out;
}

tl::expected<Config, ConfigErrors> load_config(const std::string& file, const Overrides& overrides) {
    if (file.empty()) {
        auto config = read_config("", "command line", overrides);
        if (config) config->file.clear();
        return config;
    }
    auto text = read_file(file, max_config_bytes);
    if (!text) return tl::unexpected(ConfigErrors{text.error().message});
    return read_config(*text, file, overrides);
}

}  // namespace sabil::proxy::app
