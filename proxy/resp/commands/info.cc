// INFO.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/rows.h"
#include "proxy/resp/info_sections.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

bool chosen(const InfoSection& section, Args words) {
    if (words.empty()) return section.by_default;
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
        if (equals_ignoring_case(word, "all")) return section.in_all;
        if (equals_ignoring_case(word, "everything")) return true;
        if (equals_ignoring_case(word, "default")) return section.by_default;
        return equals_ignoring_case(word, section.name);
    });
}

// INFO [section [section ...]]
void info(cache::Database&, Args args, Reply& reply, Session& session) {
    std::string out;
    for (const auto& section : info_sections()) {
        if (!chosen(section, args.subspan(1))) continue;
        if (!out.empty()) out += "\r\n";
        InfoWriter writer(out);
        out += "# ";
        out += section.title;
        out += "\r\n";
        section.write(session.server(), writer);
    }
    reply.verbatim(out);
}

constexpr CommandSpec table[] = {
    rows::plain(Group::server, "info", -1, flag::loading | flag::stale, "1.0.0",
                "Returns what is to be known of the server, by section.", info, acl::dangerous)
        .takes("[section]..."),
};

}  // namespace

CommandFamily info_commands() {
    return table;
}

}  // namespace sabil::proxy::resp
