// The rules of ACL SETUSER, one at a time.
#include "proxy/resp/acl_user.h"

#include <algorithm>
#include <cctype>

namespace sabil::proxy::resp {
namespace {

constexpr std::string_view done;
constexpr std::string_view syntax_error = "Syntax error";
constexpr std::string_view unknown_name = "Unknown command or category name in ACL";
constexpr std::string_view key_after_all =
    "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try "
    "'resetkeys' to start with an empty list of patterns";
constexpr std::string_view channel_after_all =
    "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try "
    "'resetchannels' to start with an empty list of channels";
constexpr std::string_view bad_hash =
    "The provided hash must be exactly 64 characters and contain only lowercase hexadecimal characters";
constexpr std::string_view no_such_password = "The password you are trying to remove from the user does not exist";
constexpr std::string_view nested_first_argument = "Allowing first-arg of a subcommand is not supported";
constexpr std::size_t hash_digits = 64;

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

bool is_hash(std::string_view text) {
    return text.size() == hash_digits && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

void size_bits(AclSelector& selector) { selector.commands.resize(command_table().all().size(), false); }

void set_bits(AclSelector& selector, const Command& command, bool allowed) {
    selector.commands[command.id] = allowed;
    for (const auto* sub : command.subcommands) selector.commands[sub->id] = allowed;
    if (!allowed) selector.all_commands = false;
}

void set_all(AclSelector& selector, bool allowed) {
    std::fill(selector.commands.begin(), selector.commands.end(), allowed);
    selector.first_arguments.clear();
    selector.all_commands = allowed;
    selector.rules.clear();
    if (allowed) selector.rules.push_back("+@all");
}

// Remembers a rule for display; it makes earlier rules about the same thing void.
void remember(AclSelector& selector, bool allowed, const std::string& what) {
    bool whole_command = what.find('|') == std::string::npos && what[0] != '@';
    std::erase_if(selector.rules, [&](const std::string& rule) {
        if (rule == "+@all") return false;
        std::string_view named = std::string_view(rule).substr(1);
        return named == what || (whole_command && named.substr(0, what.size() + 1) == what + "|");
    });
    selector.rules.push_back((allowed ? "+" : "-") + what);
}

std::string_view category_rule(AclSelector& selector, bool allowed, const std::string& name) {
    if (name == "all") {
        set_all(selector, allowed);
        return done;
    }
    for (const auto& category : acl_category_names()) {
        if (category.name != name) continue;
        for (const auto& command : command_table().all()) {
            if ((command->acl & category.bits) != 0) selector.commands[command->id] = allowed;
        }
        if (!allowed) selector.all_commands = false;
        remember(selector, allowed, "@" + name);
        return done;
    }
    return unknown_name;
}

std::string_view command_rule(AclSelector& selector, bool allowed, const std::string& name) {
    auto bar = name.find('|');
    const Command* command = command_table().find_full(name);
    if (command != nullptr) {
        set_bits(selector, *command, allowed);
        std::erase_if(selector.first_arguments, [&](const auto& first) { return first.command == command; });
        remember(selector, allowed, name);
        return done;
    }
    if (bar == std::string::npos) return unknown_name;
    const Command* container = command_table().find(name.substr(0, bar));
    if (container == nullptr) return unknown_name;
    auto rest = name.substr(bar + 1);
    if (rest.empty()) return syntax_error;
    if (!container->subcommands.empty()) {
        return rest.find('|') != std::string::npos ? nested_first_argument : unknown_name;
    }
    if (!allowed || rest.find('|') != std::string::npos) return unknown_name;
    selector.first_arguments.push_back({container, rest});
    remember(selector, true, name);
    return done;
}

std::string_view key_rule(AclSelector& selector, std::string_view pattern, bool read, bool write) {
    if (selector.all_keys) return pattern == "*" && read && write ? done : key_after_all;
    if (pattern.find(' ') != std::string_view::npos || pattern.find('\0') != std::string_view::npos) {
        return syntax_error;
    }
    if (pattern == "*" && read && write) {
        selector.all_keys = true;
        selector.keys.clear();
        return done;
    }
    for (auto& known : selector.keys) {
        if (known.pattern != pattern) continue;
        known.read |= read;
        known.write |= write;
        return done;
    }
    selector.keys.push_back({std::string(pattern), read, write});
    return done;
}

std::string_view percent_rule(AclSelector& selector, std::string_view rule) {
    auto tilde = std::min(rule.find('~'), rule.size());
    bool read = false;
    bool write = false;
    for (char c : rule.substr(1, tilde - 1)) {
        if ((c == 'R' || c == 'r') && !read) {
            read = true;
        } else if ((c == 'W' || c == 'w') && !write) {
            write = true;
        } else {
            return syntax_error;
        }
    }
    if (!read && !write) return syntax_error;
    // Without a pattern, as Redis takes it: access to no key but the one with the empty name.
    return key_rule(selector, rule.substr(std::min(tilde + 1, rule.size())), read, write);
}

std::string_view channel_rule(AclSelector& selector, std::string_view pattern) {
    if (selector.all_channels) return pattern == "*" ? done : channel_after_all;
    if (pattern == "*") {
        selector.all_channels = true;
        selector.channels.clear();
        return done;
    }
    if (std::find(selector.channels.begin(), selector.channels.end(), pattern) == selector.channels.end()) {
        selector.channels.emplace_back(pattern);
    }
    return done;
}

std::string_view selector_rule(AclSelector& selector, std::string_view rule) {
    size_bits(selector);
    auto word = lower(rule);
    if (word == "allkeys") return key_rule(selector, "*", true, true);
    if (word == "resetkeys") {
        selector.all_keys = false;
        selector.keys.clear();
        return done;
    }
    if (word == "allchannels") return channel_rule(selector, "*");
    if (word == "resetchannels") {
        selector.all_channels = false;
        selector.channels.clear();
        return done;
    }
    if (word == "allcommands") return category_rule(selector, true, "all");
    if (word == "nocommands") return category_rule(selector, false, "all");
    if (rule.size() < 2) return syntax_error;
    switch (rule[0]) {
        case '~': return key_rule(selector, rule.substr(1), true, true);
        case '%': return percent_rule(selector, rule);
        case '&': return channel_rule(selector, rule.substr(1));
        case '+':
        case '-': {
            bool allowed = rule[0] == '+';
            if (word[1] == '@') return category_rule(selector, allowed, word.substr(2));
            return command_rule(selector, allowed, word.substr(1));
        }
        default: return syntax_error;
    }
}

std::string_view parenthesised_rule(AclUser& user, std::string_view rule) {
    if (rule.size() < 2 || rule.back() != ')') return "Unmatched parenthesis in selector definition.";
    auto words = rule.substr(1, rule.size() - 2);
    AclSelector selector;
    size_bits(selector);
    while (!words.empty()) {
        auto end = words.find(' ');
        auto word = words.substr(0, end);
        words = end == std::string_view::npos ? std::string_view() : words.substr(end + 1);
        if (word.empty()) continue;
        if (auto error = selector_rule(selector, word); !error.empty()) return error;
    }
    user.selectors.push_back(std::move(selector));
    return done;
}

std::string_view password_rule(AclUser& user, std::string_view rule) {
    auto rest = rule.substr(1);
    bool hashed = rule[0] == '#' || rule[0] == '!';
    if (hashed && !is_hash(rest)) return bad_hash;
    auto hash = hashed ? std::string(rest) : password_hash(rest);
    if (rule[0] == '>' || rule[0] == '#') {
        user.password_hashes.insert(hash);
        user.no_password = false;
        return done;
    }
    return user.password_hashes.erase(hash) != 0 ? done : no_such_password;
}

}  // namespace

std::string AclUser::apply(std::string_view rule) {
    size_bits(root);
    auto word = lower(rule);
    if (word == "on" || word == "off") {
        enabled = word == "on";
    } else if (word == "nopass" || word == "resetpass") {
        no_password = word == "nopass";
        password_hashes.clear();
    } else if (word == "sanitize-payload" || word == "skip-sanitize-payload") {
        skip_sanitize_payload = word != "sanitize-payload";
    } else if (word == "clearselectors") {
        selectors.clear();
    } else if (word == "reset") {
        AclUser fresh;
        fresh.name = name;
        *this = std::move(fresh);
        size_bits(root);
    } else if (!rule.empty() && std::string_view("><#!").find(rule[0]) != std::string_view::npos) {
        return std::string(password_rule(*this, rule));
    } else if (!rule.empty() && rule[0] == '(') {
        return std::string(parenthesised_rule(*this, rule));
    } else {
        return std::string(selector_rule(root, rule));
    }
    return {};
}

}  // namespace sabil::proxy::resp
