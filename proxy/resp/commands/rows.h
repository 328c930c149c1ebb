// Short forms for rows of commands that touch no user data.
#pragma once

#include "proxy/resp/command_spec.h"

namespace sabil::proxy::resp::rows {

// A command, or a subcommand of a container, without keys.
constexpr CommandSpec plain(Group group, std::string_view name, int arity, std::uint32_t flags, std::string_view since,
                            std::string_view summary, CommandHandler handler, std::uint32_t acl = 0) {
    return {.name = name,
            .arity = arity,
            .access = Access::none(),
            .flags = flags,
            .group = group,
            .since = since,
            .summary = summary,
            .complexity = "O(1)",
            .acl = acl,
            .handler = handler};
}

constexpr CommandSpec container(Group group, std::string_view name, std::string_view since, std::string_view summary,
                                std::span<const CommandSpec> subcommands, std::uint32_t acl = 0) {
    return {.name = name,
            .arity = -2,
            .access = Access::none(),
            .group = group,
            .since = since,
            .summary = summary,
            .complexity = "Depends on the subcommand.",
            .acl = acl,
            .subcommands = subcommands};
}

}  // namespace sabil::proxy::resp::rows
