// The only file that knows toml11.
#include <sstream>
#include <toml.hpp>

#include "proxy/app/config_node.h"

namespace sabil::proxy::app {
namespace {

// The library's text is a title, a colon, a reason, and then a drawing of the line: keep the reason.
std::string reason_of(const std::exception& error) {
    std::string text = error.what();
    text = text.substr(0, text.find('\n'));
    constexpr std::string_view title = "toml::";
    if (auto at = text.find(title); at != std::string::npos) {
        if (auto colon = text.find(": ", at); colon != std::string::npos) text = text.substr(colon + 2);
    }
    constexpr std::string_view tag = "[error] ";
    if (text.starts_with(tag)) text = text.substr(tag.size());
    if (text.find("unknown value") != std::string::npos) text = "this value cannot be read; strings need quotes";
    return text;
}

Result<ConfigNode> convert(const toml::value& value, const std::string& name) {
    ConfigNode out;
    out.line = static_cast<unsigned>(value.location().line());
    switch (value.type()) {
        case toml::value_t::boolean:
            out.value = value.as_boolean();
            return out;
        case toml::value_t::integer:
            out.value = std::int64_t{value.as_integer()};
            return out;
        case toml::value_t::floating:
            out.value = value.as_floating();
            return out;
        case toml::value_t::string:
            out.value = value.as_string().str;
            return out;
        case toml::value_t::array: {
            ConfigNode::List list;
            for (const auto& element : value.as_array()) {
                auto node = convert(element, name);
                if (!node) return node;
                list.push_back(std::move(*node));
            }
            out.value = std::move(list);
            return out;
        }
        case toml::value_t::table: {
            ConfigNode::Table table;
            for (const auto& [key, element] : value.as_table()) {
                auto node = convert(element, name);
                if (!node) return node;
                table.emplace(key, std::move(*node));
            }
            out.value = std::move(table);
            return out;
        }
        default:
            break;
    }
    return fail(ErrorCode::invalid,
                name + ":" + std::to_string(out.line) + ": dates and times are not used here; quote it");
}

}  // namespace

Result<ConfigNode> parse_toml(const std::string& text, const std::string& name) {
    try {
        std::istringstream stream(text);
        auto root = toml::parse(stream, name);
        if (text.find_first_not_of(" \t\r\n") == std::string::npos) return ConfigNode{ConfigNode::Table{}, 1};
        return convert(root, name);
    } catch (const toml::exception& error) {
        return fail(ErrorCode::invalid, name + ":" + std::to_string(error.location().line()) + ": " + reason_of(error));
    } catch (const std::exception& error) {
        return fail(ErrorCode::invalid, name + ": " + reason_of(error));
    }
}

}  // namespace sabil::proxy::app
