#include "proxy/app/command_line.h"

namespace sabil::proxy::app {
namespace {

using Action = CommandLine::Action;

bool is_flag(const std::string& argument) {
    return argument.size() > 2 && argument.starts_with("--");
}

bool is_dotted(const std::string& flag) {
    return flag.substr(0, flag.find('=')).find('.') != std::string::npos;
}

// --section.key VALUE and --section.key=VALUE.
Result<std::size_t> take_override(const std::vector<std::string>& arguments, std::size_t at, Overrides& overrides) {
    auto flag = arguments[at].substr(2);
    if (!is_dotted(flag)) {
        return fail(ErrorCode::invalid, "unknown option '--" + flag + "'; settings are written --section.key VALUE");
    }
    if (auto equals = flag.find('='); equals != std::string::npos) {
        overrides[flag.substr(0, equals)] = flag.substr(equals + 1);
        return at + 1;
    }
    if (at + 1 >= arguments.size()) return fail(ErrorCode::invalid, "'--" + flag + "' needs a value");
    overrides[flag] = arguments[at + 1];
    return at + 2;
}

// The words between the subcommand and the overrides.
Result<CommandLine> parse_rest(CommandLine out, const std::vector<std::string>& arguments, std::size_t at) {
    std::vector<std::string> words;
    while (at < arguments.size()) {
        if (!is_flag(arguments[at])) {
            words.push_back(arguments[at++]);
            continue;
        }
        auto next = take_override(arguments, at, out.overrides);
        if (!next) return tl::unexpected(next.error());
        at = *next;
    }
    std::size_t wanted = out.action == Action::explain ? 2 : 1;
    if (out.action != Action::serve && words.size() < wanted) {
        return fail(ErrorCode::invalid, out.action == Action::check
                                            ? "write: sabil check CONFIG.toml"
                                            : "write: sabil explain CONFIG.toml \"SELECT ...\"");
    }
    if (words.size() > wanted) {
        return fail(ErrorCode::invalid, "'" + words[wanted] + "' is one word too many" +
                                            (out.action == Action::explain ? "; put the statement in quotes" : ""));
    }
    if (!words.empty()) out.file = words[0];
    if (words.size() == 2) out.statement = words[1];
    return out;
}

// Redis' own file format and flags: a file that does not end in .toml, or a flag without a dot.
bool is_redis(const std::vector<std::string>& arguments) {
    if (arguments.empty()) return false;
    if (!is_flag(arguments[0])) return !arguments[0].ends_with(".toml");
    for (const auto& argument : arguments) {
        if (is_flag(argument)) return !is_dotted(argument);
    }
    return false;
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
    CommandLine out;
    if (arguments.empty()) return out;
    const auto& first = arguments[0];
    if (first == "--help" || first == "-h" || first == "help") return out.action = Action::help, out;
    if (first == "--version" || first == "-v") return out.action = Action::version, out;
    if (first == "check" || first == "explain") {
        out.action = first == "check" ? Action::check : Action::explain;
        return parse_rest(std::move(out), arguments, 1);
    }
    if (first.size() == 2 && first[0] == '-' && first[1] != '-') {
        return fail(ErrorCode::invalid, "unknown option '" + first + "'; see sabil --help");
    }
    if (!is_redis(arguments)) return parse_rest(std::move(out), arguments, 0);
    out.action = Action::serve_redis;
    out.redis_flags = arguments;
    if (!is_flag(first)) {
        out.file = first;
        out.redis_flags.erase(out.redis_flags.begin());
    }
    return out;
}

const char* help_text() noexcept {
    return R"(sabil: MySQL and MariaDB reads from memory, proved current against the binlog

  sabil [CONFIG.toml] [--section.key VALUE ...]   start the server
  sabil check CONFIG.toml                         parse, connect, say which coherence
                                                  mode would be in force; 1 on errors
  sabil explain CONFIG.toml "SELECT ..."          cacheable or not, why, and on what
                                                  its result depends
  sabil redis.conf [--port 7000 ...]              a drop-in redis-server: Redis' own
                                                  file format and flags
  sabil --version | --help

Without a file it is a plain RESP server on 127.0.0.1:6379, without MySQL.
Settings of the file can be given as flags, and win over it:
  --listen.resp 127.0.0.1:6379   "host:port", "unix:/path", several with commas
  --listen.mysql 127.0.0.1:3307  --listen.http 127.0.0.1:8379  ("" turns one off)
  --mysql.host db.example.org    --mysql.user sabil  --mysql.password_env DB_PASSWORD
  --cache.maxmemory 256mb        --cache.coherence coherent  --log.level debug

SIGTERM, SIGINT: finish replies and stop. SIGHUP: read lookups, rules, users, log level.
Exit codes: 0 clean stop, 1 bad configuration or start, 2 bad usage.
)";
}

}  // namespace sabil::proxy::app
