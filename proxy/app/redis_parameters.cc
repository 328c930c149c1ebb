#include "proxy/app/redis_parameters.h"

#include <algorithm>
#include <utility>

#include "proxy/net/bind_words.h"
#include "proxy/resp/args.h"

namespace sabil::proxy::app {
namespace {

struct Addresses {
    std::string hosts = "* -::*";
    std::string port = "6379";
    std::string unix_path;
};

// Those that take several words; of any other, a second word is a mistake.
bool takes_words(std::string_view name) {
    constexpr std::string_view names[] = {"bind", "save", "user", "rename-command", "client-output-buffer-limit",
                                          "oom-score-adj-values", "shutdown-on-sigint", "shutdown-on-sigterm",
                                          "latency-tracking-info-percentiles", "loadmodule", "replicaof", "slaveof"};
    return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string shown(const Directive& directive) {
    std::string out = directive.name;
    for (const auto& word : directive.words) out += " \"" + word + "\"";
    return out;
}

void take(const Directive& directive, Addresses& addresses, Config& config, ConfigErrors& errors) {
    const auto& words = directive.words;
    auto refuse = [&](const char* why) {
        errors.push_back(directive.place + ":\n>>> '" + shown(directive) + "'\n" + why);
    };
    if (words.size() > 1 && !takes_words(directive.name)) return refuse("wrong number of arguments");
    const bool replica = directive.name == "replicaof" || directive.name == "slaveof";
    if (replica && words.size() != 2) return refuse("wrong number of arguments");
    if (replica && !resp::to_integer(words[1])) return refuse("Invalid master port");
    if (directive.name == "port") {
        if (!resp::to_integer(words[0])) return refuse("argument couldn't be parsed into an integer");
        addresses.port = words[0];
    } else if (directive.name == "bind") {
        addresses.hosts.clear();
        for (const auto& word : words) addresses.hosts += (addresses.hosts.empty() ? "" : " ") + word;
    } else if (directive.name == "unixsocket") {
        addresses.unix_path = words[0];
    } else if (directive.name == "loglevel") {
        config.log.level = redis_log_level(words[0]);
    } else if (directive.name == "user") {
        const bool known = std::any_of(config.users.begin(), config.users.end(),
                                       [&](const auto& user) { return user.name == words[0]; });
        if (known) return refuse("Duplicate user found. A user can only be defined once in config files");
        config.users.push_back({words[0], {words.begin() + 1, words.end()}, directive.place});
        return;
    } else if (directive.name == "loadmodule") {
        errors.push_back(directive.place + ": '" + directive.name + "' is not supported in the configuration file");
        return;
    }
    config.redis.emplace_back(directive.name, join_words(words));
}

// All lines of `save` as one value; false where there is none.
bool join_saves(RedisParameters& parameters) {
    std::string all;
    bool given = false;
    for (const auto& [name, value] : parameters) {
        if (name != "save") continue;
        given = true;
        if (value.empty()) {
            all.clear();
        } else {
            all += (all.empty() ? "" : " ") + value;
        }
    }
    std::erase_if(parameters, [](const auto& parameter) { return parameter.first == "save"; });
    if (given) parameters.emplace_back("save", all);
    return given;
}

void listen(const Addresses& addresses, Config& config, ConfigErrors& errors) {
    if (addresses.port != "0" || addresses.unix_path.empty()) {
        // In Redis, port 0 turns TCP off; with no Unix socket either there would be nothing to serve.
        for (const auto& text : net::bind_addresses(addresses.hosts, 0)) {
            auto address = net::parse_address(text.substr(0, text.size() - 1) + addresses.port);
            if (address) {
                config.listen.resp.push_back(*address);
            } else {
                errors.push_back(address.error().message);
            }
        }
    }
    if (addresses.unix_path.empty()) return;
    auto address = net::parse_address("unix:" + addresses.unix_path);
    if (address) {
        config.listen.resp.push_back(*address);
    } else {
        errors.push_back(address.error().message);
    }
}

}  // namespace

std::string redis_parameter(const Config& config, std::string_view name) {
    std::string out;
    for (auto [known, value] : config.redis) {
        std::replace(known.begin(), known.end(), '_', '-');
        if (known == name) out = value;
    }
    return out;
}

LogLevel redis_log_level(std::string_view level) noexcept {
    if (level == "debug" || level == "verbose") return LogLevel::debug;
    return level == "warning" ? LogLevel::warn : LogLevel::info;
}

std::string join_words(const std::vector<std::string>& words) {
    if (words.size() == 1) return words[0];
    std::string out;
    for (const auto& word : words) {
        if (!out.empty()) out += ' ';
        bool quoted = word.empty() || word.find_first_of(" \t\"") != std::string::npos;
        if (!quoted) {
            out += word;
            continue;
        }
        out += '"';
        for (char c : word) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    return out;
}

tl::expected<Config, ConfigErrors> config_of_directives(const std::vector<Directive>& file,
                                                        const std::vector<Directive>& flags) {
    Config config;
    ConfigErrors errors;
    Addresses addresses;
    config.redis_mode = true;
    config.cache.maxmemory_bytes = 0;
    for (const auto& directive : file) take(directive, addresses, config, errors);
    RedisParameters from_file = std::exchange(config.redis, {});
    for (const auto& directive : flags) take(directive, addresses, config, errors);
    config.redis.insert(config.redis.begin(), from_file.begin(), from_file.end());
    constexpr const char* usual_saves = "3600 1 300 100 60 10000";
    if (!join_saves(config.redis)) config.redis.emplace_back("save", usual_saves);
    auto is_acl_file = [](const auto& parameter) { return parameter.first == "aclfile" && !parameter.second.empty(); };
    if (!config.users.empty() && std::any_of(config.redis.begin(), config.redis.end(), is_acl_file)) {
        errors.push_back(config.users[0].place + ": users stand in this file and in an aclfile; keep one of them");
    }
    listen(addresses, config, errors);
    if (!errors.empty()) return tl::unexpected(std::move(errors));
    return config;
}

}  // namespace sabil::proxy::app
