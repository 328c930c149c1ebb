#include "proxy/net/cpu_list.h"

#include <sched.h>

#include <charconv>
#include <optional>
#include <string>
#include <system_error>

namespace sabil::proxy::net {
namespace {

std::optional<unsigned> take_number(std::string_view& text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

bool take(std::string_view& text, char mark) {
    if (!text.starts_with(mark)) return false;
    text.remove_prefix(1);
    return true;
}

// "8", "0-3" or "10-14:2".
bool add_part(std::string_view part, std::vector<unsigned>& cpus) {
    const auto first = take_number(part);
    auto last = first;
    std::optional<unsigned> step = 1U;
    if (take(part, '-')) {
        last = take_number(part);
        if (take(part, ':')) step = take_number(part);
    }
    if (!first || !last || !step || !part.empty()) return false;
    if (*first > *last || *last >= CPU_SETSIZE || *step == 0 || *step >= CPU_SETSIZE) return false;
    for (unsigned cpu = *first; cpu <= *last; cpu += *step) cpus.push_back(cpu);
    return true;
}

}  // namespace

Result<std::vector<unsigned>> parse_cpu_list(std::string_view list) {
    std::vector<unsigned> cpus;
    for (bool more = !list.empty(); more;) {
        const auto comma = list.find(',');
        const auto part = list.substr(0, comma);
        more = comma != std::string_view::npos;
        if (more) list.remove_prefix(comma + 1);
        if (!add_part(part, cpus)) {
            return fail(ErrorCode::invalid,
                        "'" + std::string(part) + "' is no CPU; give a list such as 0-3,8 or 0-7:2");
        }
    }
    return cpus;
}

Result<void> run_on_cpus(std::string_view list) {
    auto cpus = parse_cpu_list(list);
    if (!cpus) return tl::unexpected(cpus.error());
    if (cpus->empty()) return {};
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const auto cpu : *cpus) CPU_SET(cpu, &set);
    if (::sched_setaffinity(0, sizeof set, &set) == 0) return {};
    return fail(ErrorCode::io,
                "cannot run on CPUs " + std::string(list) + ": " + std::generic_category().message(errno));
}

}  // namespace sabil::proxy::net
