// A configuration file as a tree that remembers its lines. Thread-safety: a value type.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cache/base/result.h"

namespace sabil::proxy::app {

struct ConfigNode {
    using List = std::vector<ConfigNode>;
    using Table = std::map<std::string, ConfigNode>;
    std::variant<Table, List, std::string, std::int64_t, double, bool> value;
    unsigned line = 0;  // 1-based; 0 where unknown

    const Table* table() const noexcept { return std::get_if<Table>(&value); }
    const List* list() const noexcept { return std::get_if<List>(&value); }
    std::string_view type() const noexcept;  // "a table", "a list", "a string", "a number", "true or false"
};

// Parses TOML. name: for messages. Errors: "name:line: what is wrong".
Result<ConfigNode> parse_toml(const std::string& text, const std::string& name);

}  // namespace sabil::proxy::app
