// The sections of INFO, in their order.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sabil::proxy::resp {

class ServerState;

// Appends "name:value" lines.
class InfoWriter {
  public:
    explicit InfoWriter(std::string& out) noexcept : out_(out) {}
    void text(std::string_view name, std::string_view value);
    void number(std::string_view name, std::int64_t value);
    void number(std::string_view name, std::uint64_t value) { number(name, static_cast<std::int64_t>(value)); }
    void number(std::string_view name, int value) { number(name, static_cast<std::int64_t>(value)); }
    void number(std::string_view name, unsigned value) { number(name, static_cast<std::int64_t>(value)); }
    void fixed(std::string_view name, double value, int decimals);
    void bytes(std::string_view name, std::uint64_t value);  // with name_human after it

  private:
    std::string& out_;
};

struct InfoSection {
    std::string_view name;  // lower case
    std::string_view title;
    bool by_default;
    bool in_all;
    void (*write)(ServerState& server, InfoWriter& writer);
};

std::span<const InfoSection> info_sections() noexcept;

// Of info_statistics.cc.
void write_stats_section(ServerState& server, InfoWriter& writer);
void write_command_stats_section(ServerState& server, InfoWriter& writer);
void write_error_stats_section(ServerState& server, InfoWriter& writer);
void write_latency_stats_section(ServerState& server, InfoWriter& writer);

// Resident memory of the process, in bytes; 0 where it cannot be read.
std::uint64_t resident_bytes();

}  // namespace sabil::proxy::resp
