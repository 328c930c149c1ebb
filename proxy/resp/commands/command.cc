// COMMAND: the table of commands, as clients see it.
#include "cache/base/glob.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/command_syntax.h"
#include "proxy/resp/command_table.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/acl_user.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/key_extraction.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/session.h"

namespace sabil::proxy::resp {
namespace {

struct Name {
    std::uint32_t bits;
    std::string_view name;
};

constexpr Name flag_names[] = {
    {flag::denyoom, "denyoom"},
    {flag::admin, "admin"},
    {flag::pubsub, "pubsub"},
    {flag::noscript, "noscript"},
    {flag::blocking, "blocking"},
    {flag::loading, "loading"},
    {flag::stale, "stale"},
    {flag::skip_monitor, "skip_monitor"},
    {flag::skip_slowlog, "skip_slowlog"},
    {flag::asking, "asking"},
    {flag::fast, "fast"},
    {flag::no_auth, "no_auth"},
    {flag::no_mandatory_keys, "no_mandatory_keys"},
    {flag::no_async_loading, "no_async_loading"},
    {flag::no_multi, "no_multi"},
    {flag::allow_busy, "allow_busy"},
};

constexpr Name key_flag_names[] = {
    {key_flag::rw, "RW"},          {key_flag::ro, "RO"},         {key_flag::ow, "OW"},
    {key_flag::rm, "RM"},          {key_flag::access, "access"}, {key_flag::update, "update"},
    {key_flag::insert, "insert"},  {key_flag::remove, "delete"}, {key_flag::not_key, "not_key"},
    {key_flag::incomplete, "incomplete"}, {key_flag::variable, "variable_flags"},
};

template <std::size_t N>
void reply_names(Reply& reply, std::uint32_t bits, const Name (&names)[N]) {
    auto mark = reply.open();
    std::size_t count = 0;
    for (const auto& [bit, name] : names) {
        if ((bits & bit) == 0) continue;
        reply.simple(name);
        ++count;
    }
    reply.close_set(mark, count);
}

void reply_flags(Reply& reply, const Command& command) {
    const auto& spec = *command.spec;
    auto mark = reply.open();
    std::size_t count = 0;
    auto add = [&](std::string_view name) {
        reply.simple(name);
        ++count;
    };
    if (spec.access.writes()) add("write");
    if (spec.access.reads()) add("readonly");
    for (const auto& [bit, name] : flag_names) {
        if ((spec.flags & bit) != 0) add(name);
    }
    if (command.movable_keys) add("movablekeys");
    reply.close_set(mark, count);
}

void reply_tips(Reply& reply, const Command& command) {
    bool arbitrary = (command.spec->flags & flag::touches_arbitrary_keys) != 0;
    reply.array(arbitrary ? 1 : 0);
    if (arbitrary) reply.bulk("nondeterministic_output");
}

void reply_key_spec(Reply& reply, const KeySpec& spec) {
    reply.map(3);
    reply.bulk("flags");
    reply_names(reply, spec.flags, key_flag_names);
    reply.bulk("begin_search");
    reply.map(2);
    reply.bulk("type");
    reply.bulk(spec.begin == KeySpec::Begin::index     ? "index"
               : spec.begin == KeySpec::Begin::keyword ? "keyword"
                                                       : "unknown");
    reply.bulk("spec");
    if (spec.begin == KeySpec::Begin::index) {
        reply.map(1);
        reply.bulk("index");
        reply.integer(spec.at);
    } else if (spec.begin == KeySpec::Begin::keyword) {
        reply.map(2);
        reply.bulk("keyword");
        reply.bulk(spec.keyword);
        reply.bulk("startfrom");
        reply.integer(spec.at);
    } else {
        reply.map(0);
    }
    reply.bulk("find_keys");
    reply.map(2);
    reply.bulk("type");
    bool counted = spec.find == KeySpec::Find::counted;
    bool range = spec.find == KeySpec::Find::range;
    reply.bulk(range ? "range" : counted ? "keynum" : "unknown");
    reply.bulk("spec");
    if (!range && !counted) return reply.map(0);
    reply.map(3);
    reply.bulk(range ? "lastkey" : "keynumidx");
    reply.integer(range ? spec.last : spec.count_at);
    reply.bulk(range ? "keystep" : "firstkey");
    reply.integer(range ? spec.step : spec.first);
    reply.bulk(range ? "limit" : "keystep");
    reply.integer(range ? spec.limit : spec.step);
}

struct LegacyRange {
    int first = 0, last = 0, step = 0;
};

// The range that covers the specs that are ranges: what clients before key specs go by.
LegacyRange legacy_range(const CommandSpec& spec) {
    LegacyRange out;
    for (const auto& keys : spec.keys) {
        if (keys.begin != KeySpec::Begin::index || keys.find != KeySpec::Find::range) continue;
        int last = keys.last < 0 ? keys.last : keys.at + keys.last;
        if (out.first == 0) {
            out = {keys.at, last, keys.step};
        } else {
            out.first = std::min<int>(out.first, keys.at);
            out.last = last < 0 || out.last < 0 ? std::min(last, out.last) : std::max(last, out.last);
        }
    }
    return out;
}

void reply_command(Reply& reply, const Command& command) {
    const auto& spec = *command.spec;
    auto range = legacy_range(spec);
    reply.array(10);
    reply.bulk(command.name);
    reply.integer(spec.arity);
    reply_flags(reply, command);
    reply.integer(range.first);
    reply.integer(range.last);
    reply.integer(range.step);
    auto mark = reply.open();
    std::size_t count = 0;
    for (const auto& category : acl_category_names()) {
        if ((command.acl & category.bits) == 0) continue;
        reply.simple("@" + std::string(category.name));
        ++count;
    }
    reply.close_set(mark, count);
    reply_tips(reply, command);
    reply.array(spec.keys.size());
    for (const auto& keys : spec.keys) reply_key_spec(reply, keys);
    reply.array(command.subcommands.size());
    for (const auto* sub : command.subcommands) reply_command(reply, *sub);
}

void reply_all(Reply& reply) {
    auto commands = command_table().commands();
    reply.array(commands.size());
    for (const auto* command : commands) reply_command(reply, *command);
}

// COMMAND
void command(cache::Database&, Args args, Reply& reply, Session&) {
    if (args.size() > 1) return reply.unknown_subcommand("command", args[1]);
    reply_all(reply);
}

// COMMAND COUNT
void count(cache::Database&, Args, Reply& reply, Session&) {
    reply.integer(static_cast<std::int64_t>(command_table().commands().size()));
}

// COMMAND INFO [command-name [command-name ...]]
void info(cache::Database&, Args args, Reply& reply, Session&) {
    if (args.size() == 2) return reply_all(reply);
    reply.array(args.size() - 2);
    for (auto name : args.subspan(2)) {
        const auto* found = command_table().find_full(name);
        if (found == nullptr) {
            reply.null_array();
        } else {
            reply_command(reply, *found);
        }
    }
}

std::string_view type_of(const SyntaxNode& node) noexcept {
    switch (node.kind) {
        case SyntaxNode::Kind::token: return "pure-token";
        case SyntaxNode::Kind::choice: return "oneof";
        case SyntaxNode::Kind::block: return "block";
        default: return node.type;
    }
}

void reply_argument_flags(Reply& reply, const SyntaxNode& node) {
    const std::pair<bool, std::string_view> flags[] = {
        {node.optional, "optional"}, {node.multiple, "multiple"}, {node.multiple_token, "multiple_token"}};
    const auto mark = reply.open();
    std::size_t count = 0;
    for (const auto& [is_set, name] : flags) {
        if (!is_set) continue;
        reply.simple(name);
        ++count;
    }
    reply.close_set(mark, count);
}

void reply_arguments(Reply& reply, const std::vector<SyntaxNode>& nodes) {
    reply.array(nodes.size());
    for (const auto& node : nodes) {
        const bool leaf = node.inner.empty();
        std::string name(node.name.empty() ? node.token : node.name);
        if (node.name.empty()) {
            for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        const auto mark = reply.open();
        std::size_t pairs = 0;
        const auto field = [&](std::string_view key, std::string_view value) {
            reply.bulk(key);
            reply.bulk(value);
            ++pairs;
        };
        field("name", name);
        field("type", type_of(node));
        if (leaf) field("display_text", node.shown.empty() ? std::string_view(name) : node.shown);
        if (node.key_spec >= 0) {
            reply.bulk("key_spec_index");
            reply.integer(node.key_spec);
            ++pairs;
        }
        if (!node.token.empty() || node.kind == SyntaxNode::Kind::token) field("token", node.token);
        if (node.optional || node.multiple) {
            reply.bulk("flags");
            reply_argument_flags(reply, node);
            ++pairs;
        }
        if (!leaf) {
            reply.bulk("arguments");
            reply_arguments(reply, node.inner);
            ++pairs;
        }
        reply.close_map(mark, pairs);
    }
}

void reply_docs(Reply& reply, const Command& command) {
    const auto& spec = *command.spec;
    auto mark = reply.open();
    std::size_t pairs = 0;
    auto field = [&](std::string_view name, std::string_view value) {
        if (value.empty()) return;
        reply.bulk(name);
        reply.bulk(value);
        ++pairs;
    };
    field("summary", spec.summary);
    field("since", spec.since);
    field("group", group_name(spec.group));
    field("complexity", spec.complexity);
    if (!spec.deprecated_since.empty()) {
        reply.bulk("doc_flags");
        reply.set(1);
        reply.simple("deprecated");
        ++pairs;
    }
    field("deprecated_since", spec.deprecated_since);
    field("replaced_by", spec.replaced_by);
    if (!spec.arguments.empty()) {
        reply.bulk("arguments");
        reply_arguments(reply, parse_syntax(spec.arguments, static_cast<int>(spec.keys.size())));
        ++pairs;
    }
    if (!command.subcommands.empty()) {
        reply.bulk("subcommands");
        reply.map(command.subcommands.size());
        for (const auto* sub : command.subcommands) {
            reply.bulk(sub->name);
            reply_docs(reply, *sub);
        }
        ++pairs;
    }
    reply.close_map(mark, pairs);
}

// COMMAND DOCS [command-name [command-name ...]]
void docs(cache::Database&, Args args, Reply& reply, Session&) {
    std::vector<const Command*> chosen;
    if (args.size() == 2) {
        auto all = command_table().commands();
        chosen.assign(all.begin(), all.end());
    }
    for (auto name : args.subspan(2)) {
        if (const auto* found = command_table().find_full(name)) chosen.push_back(found);
    }
    reply.map(chosen.size());
    for (const auto* one : chosen) {
        reply.bulk(one->name);
        reply_docs(reply, *one);
    }
}

bool in_filter(const Command& command, Args args, bool& valid) {
    valid = true;
    if (equals_ignoring_case(args[3], "module")) return false;
    if (equals_ignoring_case(args[3], "pattern")) return glob_match(args[4], command.name, CaseSensitivity::ignore);
    valid = equals_ignoring_case(args[3], "aclcat");
    for (const auto& category : acl_category_names()) {
        if (equals_ignoring_case(args[4], category.name)) return (command.acl & category.bits) != 0;
    }
    return false;
}

// COMMAND LIST [FILTERBY MODULE module-name|ACLCAT category|PATTERN pattern]
void list(cache::Database&, Args args, Reply& reply, Session&) {
    bool filtered = args.size() == 5 && equals_ignoring_case(args[2], "filterby");
    if (args.size() != 2 && !filtered) return reply.error(errors::syntax);
    auto mark = reply.open();
    std::size_t found = 0;
    for (const auto& one : command_table().all()) {
        bool valid = true;
        bool chosen = !filtered || in_filter(*one, args, valid);
        if (!valid) return reply.error(errors::syntax);
        if (!chosen) continue;
        reply.bulk(one->name);
        ++found;
    }
    reply.close_set(mark, found);
}

// The keys of the command in args[2...]; false with the error written.
bool keys_of(Args args, std::vector<FoundKey>& found, Reply& reply) {
    Args inner = args.subspan(2);
    const auto* command = command_table().resolve(inner);
    if (command == nullptr) {
        reply.error("ERR Invalid command specified");
        return false;
    }
    if (command->spec->keys.empty() && command->spec->find_keys == nullptr) {
        reply.error("ERR The command has no key arguments");
        return false;
    }
    auto size = static_cast<int>(inner.size());
    int arity = command->spec->arity;
    if (arity >= 0 ? size != arity : size < -arity) {
        reply.error("ERR Invalid number of arguments specified for command");
        return false;
    }
    bool valid = find_keys(*command->spec, inner, found, true);
    if (valid && (!found.empty() || (command->spec->flags & flag::no_mandatory_keys) != 0)) return true;
    reply.error("ERR Invalid arguments specified for command");
    return false;
}

// COMMAND GETKEYS command [arg ...]
void getkeys(cache::Database&, Args args, Reply& reply, Session&) {
    std::vector<FoundKey> found;
    if (!keys_of(args, found, reply)) return;
    reply.array(found.size());
    for (const auto& key : found) reply.bulk(args[key.argument + 2]);
}

// COMMAND GETKEYSANDFLAGS command [arg ...]
void getkeysandflags(cache::Database&, Args args, Reply& reply, Session&) {
    std::vector<FoundKey> found;
    if (!keys_of(args, found, reply)) return;
    reply.array(found.size());
    for (const auto& key : found) {
        reply.array(2);
        reply.bulk(args[key.argument + 2]);
        reply_names(reply, key.flags, key_flag_names);
    }
}

// COMMAND HELP
void help(cache::Database&, Args, Reply& reply, Session&) {
    reply.lines({"COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
                 "(no subcommand)",
                 "    Details of all commands.",
                 "COUNT",
                 "    How many commands there are.",
                 "DOCS [<command-name> ...]",
                 "    What commands are for.",
                 "GETKEYS <full-command>",
                 "    The keys of a command.",
                 "GETKEYSANDFLAGS <full-command>",
                 "    The keys of a command and what it does to them.",
                 "INFO [<command-name> ...]",
                 "    Details of commands.",
                 "LIST [FILTERBY (MODULE <module-name> | ACLCAT <category> | PATTERN <pattern>)]",
                 "    Names of commands.",
                 "HELP",
                 "    This text."});
}

constexpr auto group = Group::server;
constexpr auto usual = flag::loading | flag::stale;
constexpr CommandSpec subcommands[] = {
    rows::plain(group, "count", 2, usual, "2.8.13", "Returns how many commands there are.", count, acl::connection),
    rows::plain(group, "docs", -2, usual, "7.0.0", "Returns what commands are for.", docs, acl::connection)
        .takes("[command-name]..."),
    rows::plain(group, "getkeys", -3, usual, "2.8.13", "Returns the keys of a command.", getkeys, acl::connection)
        .takes("command [arg]..."),
    rows::plain(group, "getkeysandflags", -3, usual, "7.0.0", "Returns the keys of a command and their flags.",
                getkeysandflags, acl::connection)
        .takes("command [arg]..."),
    rows::plain(group, "help", 2, usual, "5.0.0", "Lists the subcommands.", help, acl::connection),
    rows::plain(group, "info", -2, usual, "2.8.13", "Returns details of commands.", info, acl::connection)
        .takes("[command-name]..."),
    rows::plain(group, "list", -2, usual, "7.0.0", "Returns the names of commands.", list, acl::connection)
        .takes("[<filterby:FILTERBY> MODULE module-name | ACLCAT category | PATTERN pattern:pattern]"),
};
constexpr CommandSpec table[] = {
    {.name = "command",
     .arity = -1,
     .access = Access::none(),
     .flags = usual,
     .group = group,
     .since = "2.8.13",
     .summary = "Returns details of all commands.",
     .complexity = "O(N) for the number of commands",
     .acl = acl::connection,
     .handler = command,
     .subcommands = subcommands},
};

}  // namespace

CommandFamily command_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
