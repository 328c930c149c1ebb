// CONFIG: every parameter with its type, default and effect. Rows are grouped in config_parameters_*.cc.
#pragma once

#include "cache/base/result.h"

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sabil::proxy::resp {

class ServerState;

enum class ParameterKind : std::uint8_t {
    boolean,     // yes, no
    integer,     // low..high
    bytes,       // with units: 100mb; shown in bytes
    choice,      // one of `choices`, letter case ignored
    text,
    octal,
    special,     // `parse` does all
};

namespace parameter_flag {
inline constexpr std::uint8_t immutable = 1 << 0;  // at start only
inline constexpr std::uint8_t secret = 1 << 1;     // never logged
inline constexpr std::uint8_t hidden = 1 << 2;     // not matched by patterns
inline constexpr std::uint8_t protected_one = 1 << 3;
inline constexpr std::uint8_t percent = 1 << 4;    // an integer or a percentage (negative)
}  // namespace parameter_flag

struct ParameterValue {
    std::string_view text;      // in canonical form
    std::int64_t number = 0;    // of integer, bytes, octal; the index of a choice; 0 or 1 of a boolean
};

struct Parameter {
    std::string_view name;
    ParameterKind kind;
    std::string_view initial;
    std::string_view alias = {};
    std::int64_t low = 0;
    std::int64_t high = INT64_MAX;
    std::span<const std::string_view> choices = {};
    std::uint8_t flags = 0;
    // Brings text into canonical form or says what is wrong (as CONFIG SET words it).
    Result<std::string> (*parse)(std::string_view text) = nullptr;
    // Makes the value effective; called at start with the default as well. Errors: why it cannot be.
    Result<void> (*apply)(ServerState& server, const ParameterValue& value) = nullptr;
    // Where the value lives elsewhere.
    std::string (*current)(ServerState& server) = nullptr;
};

std::span<const std::span<const Parameter>> parameter_groups();

// Thread-safety: any thread.
class ConfigRegistry {
  public:
    explicit ConfigRegistry(ServerState& server);
    ConfigRegistry(const ConfigRegistry&) = delete;
    ConfigRegistry& operator=(const ConfigRegistry&) = delete;

    using Pair = std::pair<std::string_view, std::string_view>;
    // Names and values that a pattern matches, sorted; a plain name finds hidden ones as well.
    std::map<std::string, std::string> get(std::span<const std::string_view> patterns);
    // All or nothing. Errors: invalid, with the whole text of CONFIG SET's error after "ERR ".
    // from_local: asked for over a local connection, as enable-protected-configs may want.
    Result<void> set(std::span<const Pair> pairs, bool from_local = true);
    // From the configuration file or the command line, before start: immutable ones too.
    Result<void> load(std::string_view name, std::string_view value);
    // The value in canonical form; empty where there is no such parameter.
    std::string value(std::string_view name);
    // Where CONFIG REWRITE writes; empty: there is none.
    void set_file(std::string path);
    std::string file();
    Result<void> rewrite();

  private:
    struct Change;
    const Parameter* find(std::string_view name) const;
    std::string nearest(std::string_view name) const;
    Result<void> store(const Parameter& parameter, const std::string& text);
    bool may_set_protected(bool from_local);
    std::string by_own_name(std::string line) const;
    std::string current(const Parameter& parameter);

    ServerState& server_;
    std::mutex mutex_;  // of changes
    std::mutex values_mutex_;
    std::map<std::string_view, const Parameter*> by_name_;
    std::map<std::string_view, std::string> values_;
    std::map<std::string, std::string> changed_;  // since start, for CONFIG REWRITE
    std::string file_;
};

}  // namespace sabil::proxy::resp
