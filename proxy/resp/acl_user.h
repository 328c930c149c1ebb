// An ACL user: passwords, and selectors that say which commands, keys and channels are open to it.
#pragma once

#include "proxy/resp/command_table.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

struct AclKeyPattern {
    std::string pattern;
    bool read = true;
    bool write = true;
    bool operator==(const AclKeyPattern&) const = default;
};

// One set of rules: a command is allowed where one selector of the user allows all of it.
struct AclSelector {
    std::vector<bool> commands;  // by Command::id
    // Arguments by which a command that is not allowed as a whole is allowed: ("select", "0").
    struct FirstArgument {
        const Command* command = nullptr;
        std::string argument;
    };
    std::vector<FirstArgument> first_arguments;
    std::vector<std::string> rules;  // command rules as they were given, simplified: "+@all", "-config|set"
    std::vector<AclKeyPattern> keys;
    std::vector<std::string> channels;
    bool all_commands = false;
    bool all_keys = false;
    bool all_channels = false;
};

enum class AclDenial : std::uint8_t { none, command, key, channel };

// Immutable once it is in the store. Thread-safety: reads from any thread.
struct AclUser {
    std::string name;
    bool enabled = false;
    bool no_password = false;
    bool skip_sanitize_payload = false;
    std::set<std::string> password_hashes;  // SHA-256, in hexadecimal
    AclSelector root;
    std::vector<AclSelector> selectors;

    bool unrestricted() const noexcept { return root.all_commands && root.all_keys && root.all_channels; }
    bool password_matches(std::string_view password) const;
    // The first reason why the command is not allowed; `at` is then the argument of the key or channel.
    AclDenial check(const Command& command, Args args, std::size_t& at) const;
    bool may_access_channel(std::string_view channel, bool is_pattern) const;

    // Applies one rule ("+get", "~app:*", ">password", "on"). Errors: the reason, as ACL SETUSER words it; empty: done.
    std::string apply(std::string_view rule);
    // All rules, as ACL LIST shows them.
    std::string describe() const;
};

std::string describe_commands(const AclSelector& selector);
std::string describe_keys(const AclSelector& selector);
std::string describe_channels(const AclSelector& selector);

// SHA-256 in lower-case hexadecimal.
std::string password_hash(std::string_view password);

struct AclCategory {
    std::string_view name;
    std::uint32_t bits;
};
std::span<const AclCategory> acl_category_names() noexcept;

}  // namespace sabil::proxy::resp
