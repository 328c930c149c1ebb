// All commands by name, built once from the family files.
#pragma once

#include "proxy/resp/command_spec.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

// A command as the server knows it: its row and what was derived from it once.
struct Command {
    const CommandSpec* spec = nullptr;
    const Command* container = nullptr;  // of a subcommand
    std::string name;                    // "config|get" for a subcommand
    std::uint32_t id = 0;                // dense, from 0: an index for statistics and ACL bit sets
    std::uint32_t acl = 0;
    bool single_key = false;             // exactly one key, at argument 1: the dispatcher's short way
    bool movable_keys = false;           // the specs alone do not name all keys
    std::vector<const Command*> subcommands = {};
};

// Thread-safety: immutable once the server has started.
class CommandTable {
  public:
    explicit CommandTable(std::span<const CommandFamily> families);
    CommandTable(const CommandTable&) = delete;
    CommandTable& operator=(const CommandTable&) = delete;

    // The top-level command; letter case is ignored. Null where there is none.
    const Command* find(std::string_view name) const noexcept;
    // The command that these arguments call: a container's subcommand where there is one. Null where the name is
    // unknown; the container itself where the subcommand is missing or unknown.
    const Command* resolve(Args args) const noexcept;
    // By full name, "get" or "config|get". Null where there is none.
    const Command* find_full(std::string_view name) const noexcept;

    // Top-level commands in the order of the families.
    std::span<const Command* const> commands() const noexcept { return top_; }
    // All, subcommands included; the index is Command::id.
    std::span<const std::unique_ptr<Command>> all() const noexcept { return all_; }

    // See rename_command().
    bool rename(std::string_view name, std::string_view to);

  private:
    Command* add(const CommandSpec& spec, const Command* container);
    void place(const Command* command);

    std::vector<std::unique_ptr<Command>> all_;
    std::vector<const Command*> top_;
    std::vector<const Command*> slots_;  // open addressing, a power of two
};

// The one table of this program.
const CommandTable& command_table();
// Gives a top-level command another name or, with an empty one, takes it away. Only before the server starts. False
// where there is no such command, or the new name is taken.
bool rename_command(std::string_view name, std::string_view to);

std::string_view group_name(Group group) noexcept;

}  // namespace sabil::proxy::resp
