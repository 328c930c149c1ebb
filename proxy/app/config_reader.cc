#include "proxy/app/config_reader.h"

#include <algorithm>
#include <charconv>

namespace sabil::proxy::app {
namespace {

std::string number_text(double value) {
    char text[40];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

std::string scalar_text(const ConfigNode& node) {
    if (const auto* s = std::get_if<std::string>(&node.value)) return *s;
    if (const auto* i = std::get_if<std::int64_t>(&node.value)) return std::to_string(*i);
    if (const auto* d = std::get_if<double>(&node.value)) return number_text(*d);
    if (const auto* b = std::get_if<bool>(&node.value)) return *b ? "yes" : "no";
    return {};
}

}  // namespace

std::string_view ConfigNode::type() const noexcept {
    static constexpr std::string_view names[] = {"a table",        "a list",   "a string",
                                                 "a whole number", "a number", "true or false"};
    return names[value.index()];
}

SectionReader::SectionReader(ConfigReport& report, const ConfigNode* node, std::string name, bool overridable)
    : report_(report), node_(node), name_(std::move(name)), overridable_(overridable) {
    if (node_ != nullptr && node_->table() == nullptr) {
        report_.errors.push_back(place(node_->line) + "'" + name_ + "' must be a table, not " +
                                 std::string(node_->type()) + "; write [" + name_ + "]");
        node_ = nullptr;
    }
    if (overridable_ && report_.overrides != nullptr) {
        auto at = report_.overrides->lower_bound(name_ + ".");
        overridden_ = at != report_.overrides->end() && at->first.starts_with(name_ + ".");
    }
}

std::string SectionReader::place(unsigned line) const {
    return line == 0 ? report_.file + ": " : report_.file + ":" + std::to_string(line) + ": ";
}

std::string SectionReader::shown(std::string_view key) const {
    return "'" + std::string(key) + "' in [" + name_ + "] ";
}

SectionReader::Found SectionReader::find(std::string_view key) {
    known_.emplace_back(key);
    if (overridable_ && report_.overrides != nullptr) {
        if (auto at = report_.overrides->find(name_ + "." + std::string(key)); at != report_.overrides->end()) {
            return {nullptr, &at->second};
        }
    }
    if (node_ == nullptr) return {};
    auto at = node_->table()->find(std::string(key));
    return at == node_->table()->end() ? Found{} : Found{&at->second, nullptr};
}

void SectionReader::error(std::string_view key, const std::string& what) {
    auto flag = name_ + "." + std::string(key);
    if (overridable_ && report_.overrides != nullptr && report_.overrides->contains(flag)) {
        report_.errors.push_back("--" + flag + " " + what);
        return;
    }
    unsigned line = node_ == nullptr ? 0 : node_->line;
    if (node_ != nullptr) {
        if (auto at = node_->table()->find(std::string(key)); at != node_->table()->end()) line = at->second.line;
    }
    report_.errors.push_back(place(line) + shown(key) + what);
}

std::optional<std::string> SectionReader::word(std::string_view key, std::string_view wanted, bool numbers_too) {
    auto found = find(key);
    if (!found) return std::nullopt;
    if (found.text != nullptr) return *found.text;
    bool scalar = std::holds_alternative<std::string>(found.node->value) ||
                  (numbers_too && std::holds_alternative<std::int64_t>(found.node->value));
    if (scalar) return scalar_text(*found.node);
    error(key, "must be " + std::string(wanted) + ", not " + std::string(found.node->type()));
    return std::nullopt;
}

bool SectionReader::text(std::string_view key, std::string& field) {
    auto value = word(key, "a string in quotes", false);
    if (value) field = std::move(*value);
    return value.has_value();
}

void SectionReader::required_text(std::string_view key, std::string& field, const std::string& missing) {
    auto before = report_.errors.size();
    text(key, field);
    if (field.empty() && report_.errors.size() == before) error(key, missing);
}

bool SectionReader::boolean(std::string_view key, bool& field) {
    auto found = find(key);
    if (!found) return false;
    if (found.node != nullptr) {
        if (const auto* value = std::get_if<bool>(&found.node->value)) return field = *value, true;
        error(key, "must be true or false, not " + std::string(found.node->type()));
        return false;
    }
    if (*found.text == "true" || *found.text == "false") return field = *found.text == "true", true;
    error(key, "must be true or false, not '" + *found.text + "'");
    return false;
}

bool SectionReader::integer(std::string_view key, std::int64_t& field, std::int64_t least, std::int64_t most) {
    auto found = find(key);
    if (!found) return false;
    std::int64_t value = 0;
    if (found.text != nullptr) {
        const auto* last = found.text->data() + found.text->size();
        auto [end, bad] = std::from_chars(found.text->data(), last, value);
        if (bad != std::errc{} || end != last)
            return error(key, "must be a whole number, not '" + *found.text + "'"), false;
    } else if (const auto* number = std::get_if<std::int64_t>(&found.node->value)) {
        value = *number;
    } else {
        return error(key, "must be a whole number, not " + std::string(found.node->type())), false;
    }
    if (value < least || value > most) {
        error(key, "is " + std::to_string(value) + "; it must be from " + std::to_string(least) + " to " +
                       std::to_string(most));
        return false;
    }
    field = value;
    return true;
}

bool SectionReader::bytes(std::string_view key, std::uint64_t& field, std::uint64_t least) {
    auto value = word(key, "a size such as \"256mb\"", true);
    if (!value) return false;
    auto parsed = parse_bytes(*value);
    if (!parsed) return error(key, "= \"" + *value + "\" " + parsed.error().message), false;
    if (*parsed < least) {
        return error(key, "= \"" + *value + "\" is too small; give at least " + std::to_string(least) + " bytes"),
               false;
    }
    field = *parsed;
    return true;
}

bool SectionReader::duration(std::string_view key, std::chrono::milliseconds& field, std::chrono::milliseconds least,
                             std::chrono::milliseconds most) {
    auto value = word(key, "a duration such as \"60s\"", true);
    if (!value) return false;
    auto parsed = parse_duration(*value);
    if (!parsed) return error(key, "= \"" + *value + "\" " + parsed.error().message), false;
    if (*parsed < least || *parsed > most) {
        error(key, "= \"" + *value + "\" must be from " + std::to_string(least.count()) + "ms to " +
                       std::to_string(most.count() / 1000) + "s");
        return false;
    }
    field = *parsed;
    return true;
}

bool SectionReader::addresses(std::string_view key, std::vector<net::Address>& field) {
    auto found = find(key);
    if (!found) return false;
    std::vector<std::string> words;
    if (found.text != nullptr) {
        // On the command line a list is separated by commas.
        for (std::size_t from = 0; from <= found.text->size();) {
            auto comma = std::min(found.text->find(',', from), found.text->size());
            words.push_back(found.text->substr(from, comma - from));
            from = comma + 1;
        }
    } else if (const auto* list = found.node->list()) {
        for (const auto& element : *list) {
            const auto* address = std::get_if<std::string>(&element.value);
            if (address == nullptr) return error(key, "must be a list of strings"), false;
            words.push_back(*address);
        }
    } else if (const auto* one = std::get_if<std::string>(&found.node->value)) {
        words.push_back(*one);
    } else {
        return error(key, "must be \"host:port\", \"unix:/path\" or a list of them"), false;
    }
    std::vector<net::Address> out;
    for (const auto& address : words) {
        if (address.empty()) continue;
        auto parsed = net::parse_address(address);
        if (!parsed) return error(key, "has a " + parsed.error().message), false;
        out.push_back(std::move(*parsed));
    }
    field = std::move(out);
    return true;
}

const ConfigNode* SectionReader::child(std::string_view key) {
    return find(key).node;
}

std::vector<std::pair<std::string, std::string>> SectionReader::every_text() {
    takes_any_ = true;
    std::vector<std::pair<std::string, std::string>> out;
    if (node_ != nullptr) {
        for (const auto& [key, node] : *node_->table()) {
            if (node.table() != nullptr || node.list() != nullptr) {
                error(key, "must be a string, a number, or true or false, not " + std::string(node.type()));
            } else {
                out.emplace_back(key, scalar_text(node));
            }
        }
    }
    if (overridable_ && report_.overrides != nullptr) {
        for (const auto& [flag, value] : *report_.overrides) {
            if (flag.starts_with(name_ + ".")) out.emplace_back(flag.substr(name_.size() + 1), value);
        }
    }
    return out;
}

void SectionReader::finish() {
    if (takes_any_) return;
    auto report = [&](const std::string& place_text, std::string_view key) {
        if (std::find(known_.begin(), known_.end(), key) != known_.end()) return;
        auto near = nearest(key, known_);
        auto text = place_text + "unknown key '" + std::string(key) + "' in [" + name_ + "]";
        if (!near.empty()) {
            text += "; did you mean '" + std::string(near) + "'?";
        } else {
            text += "; it knows";
            for (const auto& name : known_) text += (&name == known_.data() ? " " : ", ") + name;
        }
        report_.errors.push_back(text);
    };
    if (node_ != nullptr) {
        for (const auto& [key, node] : *node_->table()) report(place(node.line), key);
    }
    if (!overridable_ || report_.overrides == nullptr) return;
    for (const auto& [flag, value] : *report_.overrides) {
        if (flag.starts_with(name_ + ".")) report("--" + flag + ": ", std::string_view(flag).substr(name_.size() + 1));
    }
}

}  // namespace sabil::proxy::app
