#include "proxy/app/logging.h"

#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

#include "proxy/readthrough/json_text.h"

namespace sabil::proxy::app {
namespace {

// The message as a JSON string; the rest of the line is the pattern's.
class JsonMessage final : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        std::string text;
        readthrough::append_json_string(text, {message.payload.data(), message.payload.size()});
        out.append(text.data(), text.data() + text.size());
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }
};

// The mark that Redis' log has for a level.
class RedisMark final : public spdlog::custom_flag_formatter {
  public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
        out.push_back(message.level <= spdlog::level::debug ? '.' : message.level == spdlog::level::info ? '*' : '#');
    }
    std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<RedisMark>(); }
};

std::unique_ptr<spdlog::formatter> redis_formatter() {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<RedisMark>('*').set_pattern("%P:M %d %b %Y %H:%M:%S.%e %* %v");
    return formatter;
}

class EventSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  public:
    explicit EventSink(std::shared_ptr<observe::EventLog> events) : events_(std::move(events)) {
        set_level(spdlog::level::warn);
    }

  private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        events_->add(message.level == spdlog::level::warn ? "warning" : "error",
                     {message.payload.data(), message.payload.size()});
    }
    void flush_() override {}
    std::shared_ptr<observe::EventLog> events_;
};

int facility_of(std::string_view name) noexcept {
    constexpr int local[] = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                             LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
    if (name == "user") return LOG_USER;
    const bool numbered = name.size() == 6 && name.starts_with("local") && name[5] >= '0' && name[5] <= '7';
    return numbered ? local[name[5] - '0'] : LOG_LOCAL0;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::trace:
            return spdlog::level::trace;
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

}  // namespace

Result<void> start_logging(const LogConfig& config, LogLines lines, const std::string& file, const SystemLog& system) {
    try {
        spdlog::sink_ptr sink;
        if (file.empty() && lines == LogLines::redis) {
            sink = std::make_shared<spdlog::sinks::stdout_sink_mt>();
        } else if (file.empty()) {
            sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
        } else {
            sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
        }
        auto logger = std::make_shared<spdlog::logger>("sabil", std::move(sink));
        if (config.json) {
            auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
            formatter->add_flag<JsonMessage>('*').set_pattern(
                R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","thread":%t,"message":%*})");
            logger->set_formatter(std::move(formatter));
        } else if (lines == LogLines::redis) {
            logger->set_formatter(redis_formatter());
        } else {
            logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %-5l %v");
        }
        if (system.enabled) {
            logger->sinks().push_back(std::make_shared<spdlog::sinks::syslog_sink_mt>(
                system.ident.empty() ? "sabil" : system.ident, LOG_PID | LOG_NDELAY, facility_of(system.facility),
                false));
        }
        logger->flush_on(spdlog::level::info);
        spdlog::set_default_logger(std::move(logger));
    } catch (const spdlog::spdlog_ex& error) {
        return fail(ErrorCode::io, std::string("the log cannot be written: ") + error.what());
    }
    set_log_level(config.level);
    return {};
}

void copy_log_to(std::shared_ptr<observe::EventLog> events) {
    auto& sinks = spdlog::default_logger()->sinks();
    std::erase_if(sinks, [](const auto& sink) { return dynamic_cast<EventSink*>(sink.get()) != nullptr; });
    sinks.push_back(std::make_shared<EventSink>(std::move(events)));
}

void set_log_level(LogLevel level) {
    spdlog::set_level(spdlog_level(level));
}

}  // namespace sabil::proxy::app
