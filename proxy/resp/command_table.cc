#include "proxy/resp/command_table.h"

#include "proxy/resp/command_families.h"

#include <algorithm>
#include <cstring>

namespace sabil::proxy::resp {
namespace {

constexpr std::size_t slots_count = 2048;  // a few hundred commands: short probes

// The first eight bytes with letters folded, and the length, tell nearly all names apart.
std::uint64_t name_hash(std::string_view name) noexcept {
    std::uint64_t head = 0;
    std::memcpy(&head, name.data(), std::min<std::size_t>(name.size(), 8));
    std::uint64_t tail = 0;
    if (name.size() > 8) std::memcpy(&tail, name.data() + name.size() - 8, 8);
    constexpr std::uint64_t fold = 0x2020202020202020ULL;
    std::uint64_t mixed = (head | fold) * 0x9e3779b97f4a7c15ULL ^ ((tail | fold) + name.size()) * 0xff51afd7ed558ccdULL;
    return mixed >> 40;
}

bool is_single_key(const CommandSpec& spec) noexcept {
    if (spec.keys.size() != 1) return false;
    const KeySpec& key = spec.keys[0];
    // A finder beside such a spec only tells what the arguments make of the key.
    if (spec.find_keys != nullptr && (key.flags & key_flag::variable) == 0) return false;
    return key.begin == KeySpec::Begin::index && key.find == KeySpec::Find::range && key.at == 1 && key.last == 0 &&
           (key.flags & key_flag::not_key) == 0;
}

bool has_movable_keys(const CommandSpec& spec) noexcept {
    return std::any_of(spec.keys.begin(), spec.keys.end(), [](const KeySpec& key) {
        return key.begin != KeySpec::Begin::index || key.find != KeySpec::Find::range ||
               (key.flags & key_flag::incomplete) != 0;
    });
}

std::uint32_t group_category(Group group) noexcept {
    switch (group) {
        case Group::generic: return acl::keyspace;
        case Group::string: return acl::string;
        case Group::list: return acl::list;
        case Group::set: return acl::set;
        case Group::sorted_set: return acl::sorted_set;
        case Group::hash: return acl::hash;
        case Group::transactions: return acl::transaction;
        case Group::connection: return acl::connection;
        case Group::scripting: return acl::scripting;
        case Group::hyperloglog: return acl::hyperloglog;
        case Group::geo: return acl::geo;
        case Group::stream: return acl::stream;
        case Group::bitmap: return acl::bitmap;
        case Group::pubsub:  // by flag
        case Group::server:
        case Group::cluster: return 0;
    }
    return 0;
}

}  // namespace

std::uint32_t acl_categories(const CommandSpec& command) noexcept {
    bool is_container = command.handler == nullptr;
    bool of_group = !is_container && (command.acl & acl::not_of_group) == 0;
    std::uint32_t out = (command.acl & ~acl::not_of_group) | (of_group ? group_category(command.group) : 0);
    bool scripting = command.group == Group::scripting;
    if (command.access.writes()) out |= acl::write;
    if (command.access.reads() && !scripting) out |= acl::read;
    if ((command.flags & flag::admin) != 0) out |= acl::admin | acl::dangerous;
    if ((command.flags & flag::pubsub) != 0) out |= acl::pubsub;
    if ((command.flags & flag::blocking) != 0) out |= acl::blocking;
    out |= (command.flags & flag::fast) != 0 ? acl::fast : acl::slow;
    return out;
}

CommandTable::CommandTable(std::span<const CommandFamily> families) : slots_(slots_count, nullptr) {
    for (const auto& family : families) {
        for (const auto& spec : family) {
            Command* command = add(spec, nullptr);
            top_.push_back(command);
            place(command);
            for (const auto& sub : spec.subcommands) command->subcommands.push_back(add(sub, command));
        }
    }
}

Command* CommandTable::add(const CommandSpec& spec, const Command* container) {
    auto command = std::make_unique<Command>();
    command->spec = &spec;
    command->container = container;
    command->name = container == nullptr ? std::string(spec.name) : container->name + "|" + std::string(spec.name);
    command->id = static_cast<std::uint32_t>(all_.size());
    command->acl = acl_categories(spec);
    command->single_key = is_single_key(spec);
    command->movable_keys = has_movable_keys(spec);
    all_.push_back(std::move(command));
    return all_.back().get();
}

void CommandTable::place(const Command* command) {
    for (std::size_t at = name_hash(command->name);; ++at) {
        auto& slot = slots_[at % slots_count];
        if (slot == nullptr) {
            slot = command;
            return;
        }
    }
}

const Command* CommandTable::find(std::string_view name) const noexcept {
    for (std::size_t at = name_hash(name);; ++at) {
        const Command* command = slots_[at % slots_count];
        if (command == nullptr || equals_ignoring_case(name, command->name)) return command;
    }
}

const Command* CommandTable::resolve(Args args) const noexcept {
    const Command* command = find(args[0]);
    if (command == nullptr || command->subcommands.empty() || args.size() < 2) return command;
    for (const Command* sub : command->subcommands) {
        if (equals_ignoring_case(args[1], sub->spec->name)) return sub;
    }
    return command;
}

const Command* CommandTable::find_full(std::string_view name) const noexcept {
    auto bar = name.find('|');
    if (bar == std::string_view::npos) return find(name);
    std::string_view words[] = {name.substr(0, bar), name.substr(bar + 1)};
    const Command* command = resolve(words);
    return command != nullptr && command->container != nullptr ? command : nullptr;
}

bool CommandTable::rename(std::string_view name, std::string_view to) {
    const Command* command = find(name);
    if (command == nullptr || (!to.empty() && find(to) != nullptr)) return false;
    all_[command->id]->name = to;
    if (to.empty()) std::erase(top_, command);
    std::fill(slots_.begin(), slots_.end(), nullptr);
    for (const Command* one : top_) place(one);
    return true;
}

namespace {

CommandTable& the_table() {
    static CommandTable table(command_families());
    return table;
}

}  // namespace

const CommandTable& command_table() {
    return the_table();
}

bool rename_command(std::string_view name, std::string_view to) {
    return the_table().rename(name, to);
}

std::string_view group_name(Group group) noexcept {
    switch (group) {
        case Group::generic: return "generic";
        case Group::string: return "string";
        case Group::list: return "list";
        case Group::set: return "set";
        case Group::sorted_set: return "sorted-set";
        case Group::hash: return "hash";
        case Group::pubsub: return "pubsub";
        case Group::transactions: return "transactions";
        case Group::connection: return "connection";
        case Group::server: return "server";
        case Group::scripting: return "scripting";
        case Group::hyperloglog: return "hyperloglog";
        case Group::cluster: return "cluster";
        case Group::geo: return "geo";
        case Group::stream: return "stream";
        case Group::bitmap: return "bitmap";
    }
    return "generic";
}

}  // namespace sabil::proxy::resp
