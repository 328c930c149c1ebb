#include <spdlog/spdlog.h>

#include <cstdio>
#include <filesystem>

#include "proxy/app/check.h"
#include "proxy/app/command_line.h"
#include "proxy/app/daemon.h"
#include "proxy/app/logging.h"
#include "proxy/app/program.h"
#include "proxy/app/redis_parameters.h"
#include "proxy/app/signals.h"

namespace sabil::proxy::app {
namespace {

constexpr int exit_clean = 0;
constexpr int exit_bad_start = 1;
constexpr int exit_bad_usage = 2;
// What starts a redis-server looks for these words.
constexpr const char* redis_config_error = "*** FATAL CONFIG FILE ERROR ***\n";

int complain(const std::string& message, int code) {
    std::fprintf(stderr, "sabil: %s\n", message.c_str());
    return code;
}

int complain(const ConfigErrors& errors) {
    for (const auto& error : errors) complain(error, exit_bad_start);
    return exit_bad_start;
}

tl::expected<Config, ConfigErrors> load(const CommandLine& line) {
    if (line.action != CommandLine::Action::serve_redis) return load_config(line.file, line.overrides);
    std::vector<Directive> file;
    if (!line.file.empty()) {
        auto loaded = load_redis_conf(line.file);
        if (!loaded) return tl::unexpected(ConfigErrors{loaded.error().message});
        file = std::move(*loaded);
    }
    auto flags = parse_redis_flags(line.redis_flags);
    if (!flags) return tl::unexpected(ConfigErrors{flags.error().message});
    auto config = config_of_directives(file, *flags);
    // Absolute: the parameter `dir` changes the working directory, and CONFIG REWRITE writes to the file.
    if (config && !line.file.empty()) config->file = std::filesystem::absolute(line.file).string();
    return config;
}

int serve(const CommandLine& line) {
    auto config = load(line);
    bool redis_mode = line.action == CommandLine::Action::serve_redis;
    if (!config && redis_mode) std::fputs(redis_config_error, stderr);
    if (!config) return complain(config.error());
    if (config->redis_mode) {
        auto became =
            become_daemon(redis_parameter(*config, "daemonize") == "yes", redis_parameter(*config, "pidfile"));
        if (!became) return complain(became.error().message, exit_bad_start);
    }
    take_signals();
    auto lines = config->redis_mode ? LogLines::redis : LogLines::own;
    const SystemLog system{redis_parameter(*config, "syslog-enabled") == "yes",
                           redis_parameter(*config, "syslog-ident"), redis_parameter(*config, "syslog-facility")};
    auto logging =
        start_logging(config->log, lines, config->redis_mode ? redis_parameter(*config, "logfile") : "", system);
    if (!logging) return complain(logging.error().message, exit_bad_start);
    Program program(std::move(*config), [line] { return load(line); });
    auto started = program.start();
    if (!started) {
        if (redis_mode && started.error().code == ErrorCode::unavailable) {
            spdlog::warn("Failed listening on port: {}", started.error().message);
        } else if (redis_mode) {
            std::fputs(redis_config_error, stderr);
        }
        program.stop();
        return complain(started.error().message, exit_bad_start);
    }
    program.run();
    program.stop();
    return exit_clean;
}

}  // namespace

int run_program(int argc, char** argv) {
    auto line = parse_command_line({argv + 1, argv + argc});
    if (!line) return complain(line.error().message + "\nsee sabil --help", exit_bad_usage);
    switch (line->action) {
        case CommandLine::Action::help:
            std::fputs(help_text(), stdout);
            return exit_clean;
        case CommandLine::Action::version:
            std::puts("sabil " SABIL_VERSION);
            return exit_clean;
        case CommandLine::Action::serve:
        case CommandLine::Action::serve_redis:
            return serve(*line);
        case CommandLine::Action::check:
        case CommandLine::Action::explain:
            break;
    }
    auto config = load(*line);
    if (!config) return complain(config.error());
    return line->action == CommandLine::Action::check ? check(*config) : explain(*config, line->statement);
}

}  // namespace sabil::proxy::app
