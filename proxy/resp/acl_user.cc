#include "proxy/resp/acl_user.h"

#include "cache/base/glob.h"
#include "proxy/resp/key_extraction.h"

#include <openssl/evp.h>

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

constexpr AclCategory categories[] = {
    {"keyspace", acl::keyspace},       {"read", acl::read},
    {"write", acl::write},             {"set", acl::set},
    {"sortedset", acl::sorted_set},    {"list", acl::list},
    {"hash", acl::hash},               {"string", acl::string},
    {"bitmap", acl::bitmap},           {"hyperloglog", acl::hyperloglog},
    {"geo", acl::geo},                 {"stream", acl::stream},
    {"pubsub", acl::pubsub},           {"admin", acl::admin},
    {"fast", acl::fast},               {"slow", acl::slow},
    {"blocking", acl::blocking},       {"dangerous", acl::dangerous},
    {"connection", acl::connection},   {"transaction", acl::transaction},
    {"scripting", acl::scripting},
};

bool key_allowed(const AclSelector& selector, std::string_view key, std::uint16_t flags) {
    if (selector.all_keys) return true;
    bool reads = (flags & key_flag::access) != 0;
    bool writes = (flags & (key_flag::update | key_flag::insert | key_flag::remove)) != 0;
    return std::any_of(selector.keys.begin(), selector.keys.end(), [&](const AclKeyPattern& pattern) {
        return (!reads || pattern.read) && (!writes || pattern.write) && glob_match(pattern.pattern, key);
    });
}

bool channel_allowed(const AclSelector& selector, std::string_view channel, bool is_pattern) {
    if (selector.all_channels) return true;
    return std::any_of(selector.channels.begin(), selector.channels.end(), [&](const std::string& allowed) {
        return is_pattern ? allowed == channel : glob_match(allowed, channel);
    });
}

bool command_allowed(const AclSelector& selector, const Command& command, Args args) {
    if (selector.all_commands || selector.commands[command.id]) return true;
    return args.size() > 1 && std::any_of(selector.first_arguments.begin(), selector.first_arguments.end(),
                                          [&](const AclSelector::FirstArgument& allowed) {
                                              return allowed.command == &command &&
                                                     equals_ignoring_case(args[1], allowed.argument);
                                          });
}

enum class ChannelUse : std::uint8_t { none, channels, patterns };

// Where a command names channels: all arguments from the first, or only the first.
ChannelUse channel_use(const Command& command, std::size_t& last, std::size_t count) {
    auto name = command.spec->name;
    last = count;
    if (name == "publish" || name == "spublish") {
        last = std::min<std::size_t>(count, 2);
        return ChannelUse::channels;
    }
    if (name == "subscribe" || name == "ssubscribe") return ChannelUse::channels;
    return name == "psubscribe" ? ChannelUse::patterns : ChannelUse::none;
}

AclDenial check_selector(const AclSelector& selector, const Command& command, Args args, std::size_t& at) {
    at = 0;
    if (!command_allowed(selector, command, args)) return AclDenial::command;
    if (!selector.all_keys) {
        std::vector<FoundKey> found;
        find_keys(*command.spec, args, found);
        for (const auto& key : found) {
            if (key_allowed(selector, args[key.argument], key.flags)) continue;
            at = key.argument;
            return AclDenial::key;
        }
    }
    std::size_t last = 0;
    auto use = channel_use(command, last, args.size());
    for (std::size_t i = 1; use != ChannelUse::none && i < last; ++i) {
        if (channel_allowed(selector, args[i], use == ChannelUse::patterns)) continue;
        at = i;
        return AclDenial::channel;
    }
    return AclDenial::none;
}

}  // namespace

std::span<const AclCategory> acl_category_names() noexcept { return categories; }

std::string password_hash(std::string_view password) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_Digest(password.data(), password.size(), digest, &size, EVP_sha256(), nullptr);
    constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (unsigned i = 0; i < size; ++i) (out += digits[digest[i] >> 4]) += digits[digest[i] & 15];
    return out;
}

bool AclUser::password_matches(std::string_view password) const {
    return no_password || password_hashes.count(password_hash(password)) != 0;
}

// The denial of the selector that got furthest is the one reported.
AclDenial AclUser::check(const Command& command, Args args, std::size_t& at) const {
    AclDenial worst = check_selector(root, command, args, at);
    if (worst == AclDenial::none) return worst;
    for (const auto& selector : selectors) {
        std::size_t selector_at = 0;
        AclDenial denial = check_selector(selector, command, args, selector_at);
        if (denial == AclDenial::none) return denial;
        if (denial > worst || (denial == worst && selector_at > at)) {
            worst = denial;
            at = selector_at;
        }
    }
    return worst;
}

bool AclUser::may_access_channel(std::string_view channel, bool is_pattern) const {
    return channel_allowed(root, channel, is_pattern) ||
           std::any_of(selectors.begin(), selectors.end(), [&](const AclSelector& selector) {
               return channel_allowed(selector, channel, is_pattern);
           });
}

std::string describe_commands(const AclSelector& selector) {
    std::string out = selector.rules.empty() || selector.rules.front() != "+@all" ? "-@all" : "";
    for (const auto& rule : selector.rules) {
        if (!out.empty()) out += ' ';
        out += rule;
    }
    return out;
}

std::string describe_keys(const AclSelector& selector) {
    if (selector.all_keys) return "~*";
    std::string out;
    for (const auto& key : selector.keys) {
        if (!out.empty()) out += ' ';
        out += key.read && key.write ? "~" : key.read ? "%R~" : "%W~";
        out += key.pattern;
    }
    return out;
}

std::string describe_channels(const AclSelector& selector) {
    if (selector.all_channels) return "&*";
    std::string out;
    for (const auto& channel : selector.channels) {
        if (!out.empty()) out += ' ';
        out += "&" + channel;
    }
    return out;
}

std::string AclUser::describe() const {
    std::string out = enabled ? "on" : "off";
    if (no_password) out += " nopass";
    out += skip_sanitize_payload ? " skip-sanitize-payload" : " sanitize-payload";
    for (const auto& hash : password_hashes) out += " #" + hash;
    auto add = [&out](const AclSelector& selector) {
        auto keys = describe_keys(selector);
        if (!keys.empty()) out += keys + ' ';
        if (!selector.all_channels) out += "resetchannels ";
        auto channels = describe_channels(selector);
        if (!channels.empty()) out += channels + ' ';
        out += describe_commands(selector);
    };
    out += ' ';
    add(root);
    for (const auto& selector : selectors) {
        out += " (";
        add(selector);
        out += ')';
    }
    return out;
}

}  // namespace sabil::proxy::resp
