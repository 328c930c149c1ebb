#include "proxy/resp/config_registry.h"

#include "cache/base/glob.h"
#include "proxy/resp/args.h"
#include "proxy/resp/config_values.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>

namespace sabil::proxy::resp {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

auto set_failed(std::string_view name, std::string_view why) {
    return fail(ErrorCode::invalid,
                "CONFIG SET failed (possibly related to argument '" + std::string(name) + "') - " + std::string(why));
}

}  // namespace

struct ConfigRegistry::Change {
    const Parameter* parameter;
    std::string text;
    ParameterValue value;
};

ConfigRegistry::ConfigRegistry(ServerState& server) : server_(server) {
    for (const auto& group : parameter_groups()) {
        for (const auto& parameter : group) {
            by_name_[parameter.name] = &parameter;
            if (!parameter.alias.empty()) by_name_[parameter.alias] = &parameter;
            ParameterValue value;
            auto text = canonical_parameter(parameter, parameter.initial, value);
            values_[parameter.name] = text ? *text : std::string(parameter.initial);
            value.text = values_[parameter.name];
            if (parameter.apply != nullptr) (void)parameter.apply(server_, value);
        }
    }
}

const Parameter* ConfigRegistry::find(std::string_view name) const {
    auto found = by_name_.find(lower(name));
    return found == by_name_.end() ? nullptr : found->second;
}

std::string ConfigRegistry::current(const Parameter& parameter) {
    if (parameter.current != nullptr) return parameter.current(server_);
    std::lock_guard lock(values_mutex_);
    return values_[parameter.name];
}

std::string ConfigRegistry::value(std::string_view name) {
    const auto* parameter = find(name);
    return parameter == nullptr ? std::string() : current(*parameter);
}

std::map<std::string, std::string> ConfigRegistry::get(std::span<const std::string_view> patterns) {
    std::map<std::string, std::string> out;
    for (auto pattern : patterns) {
        if (pattern.find_first_of("*?[") == std::string_view::npos) {
            if (const auto* parameter = find(pattern)) out[lower(pattern)] = current(*parameter);
            continue;
        }
        for (const auto& [name, parameter] : by_name_) {
            if ((parameter->flags & parameter_flag::hidden) != 0) continue;
            if (glob_match(pattern, name, CaseSensitivity::ignore)) out[std::string(name)] = current(*parameter);
        }
    }
    return out;
}

bool ConfigRegistry::may_set_protected(bool from_local) {
    const auto setting = value("enable-protected-configs");
    return setting == "yes" || (setting == "local" && from_local);
}

// Values are parsed first and applied after; where one cannot be applied, those before it are put back.
Result<void> ConfigRegistry::set(std::span<const Pair> pairs, bool from_local) {
    std::lock_guard changes_lock(mutex_);
    std::vector<Change> changes;
    std::set<const Parameter*> seen;
    for (const auto& [name, text] : pairs) {
        const auto* parameter = find(name);
        if (parameter == nullptr) {
            return fail(ErrorCode::not_found,
                        "Unknown option or number of arguments for CONFIG SET - '" + std::string(name) + "'");
        }
        if ((parameter->flags & parameter_flag::immutable) != 0) {
            return set_failed(name, "can't set immutable config");
        }
        if ((parameter->flags & parameter_flag::protected_one) != 0 && !may_set_protected(from_local)) {
            return set_failed(name, "can't set protected config");
        }
        if (!seen.insert(parameter).second) return set_failed(name, "duplicate parameter");
        Change change{parameter, {}, {}};
        auto canonical = canonical_parameter(*parameter, text, change.value);
        if (!canonical) return set_failed(name, canonical.error().message);
        change.text = std::move(*canonical);
        changes.push_back(std::move(change));
    }
    std::vector<std::pair<const Parameter*, std::string>> before;
    for (auto& change : changes) {
        std::string old = current(*change.parameter);
        change.value.text = change.text;
        auto applied = change.parameter->apply == nullptr ? Result<void>{}
                                                          : change.parameter->apply(server_, change.value);
        if (!applied) {
            for (const auto& [parameter, text] : before) (void)store(*parameter, text);
            return set_failed(change.parameter->name, applied.error().message);
        }
        before.emplace_back(change.parameter, std::move(old));
        std::lock_guard lock(values_mutex_);
        values_[change.parameter->name] = change.text;
        changed_[std::string(change.parameter->name)] = change.text;
    }
    return {};
}

Result<void> ConfigRegistry::store(const Parameter& parameter, const std::string& text) {
    ParameterValue value;
    auto canonical = canonical_parameter(parameter, text, value);
    if (!canonical) return tl::unexpected(canonical.error());
    value.text = *canonical;
    if (parameter.apply != nullptr) {
        if (auto applied = parameter.apply(server_, value); !applied) return applied;
    }
    std::lock_guard lock(values_mutex_);
    values_[parameter.name] = *canonical;
    return {};
}

Result<void> ConfigRegistry::load(std::string_view name, std::string_view text) {
    const auto* parameter = find(name);
    if (parameter == nullptr) {
        return fail(ErrorCode::not_found, "unknown parameter '" + std::string(name) + "'" + nearest(name));
    }
    auto stored = store(*parameter, std::string(text));
    if (!stored) {
        return fail(ErrorCode::invalid, "parameter '" + std::string(name) + "' cannot be '" + std::string(text) +
                                            "': " + stored.error().message);
    }
    std::lock_guard lock(values_mutex_);
    changed_[std::string(parameter->name)] = values_[parameter->name];
    return {};
}

std::string ConfigRegistry::nearest(std::string_view name) const {
    std::size_t best = 4;  // edits; farther names would mislead
    std::string_view found;
    for (const auto& [known, parameter] : by_name_) {
        auto distance = edit_distance(lower(name), known);
        if (distance < best) {
            best = distance;
            found = known;
        }
    }
    return found.empty() ? "" : "; did you mean '" + std::string(found) + "'?";
}

void ConfigRegistry::set_file(std::string path) {
    std::lock_guard lock(values_mutex_);
    file_ = std::move(path);
}

std::string ConfigRegistry::file() {
    std::lock_guard lock(values_mutex_);
    return file_;
}

// Keeps the file's other lines; writes through a second file, so that a crash leaves one of the two whole.
// A line that names a parameter by its other name: written anew under the one it goes by.
std::string ConfigRegistry::by_own_name(std::string line) const {
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string::npos) return line;
    const auto end = std::min(line.find_first_of(" \t", start), line.size());
    const auto* parameter = find(std::string_view(line).substr(start, end - start));
    if (parameter != nullptr) line.replace(start, end - start, parameter->name);
    return line;
}

Result<void> ConfigRegistry::rewrite() {
    std::lock_guard changes_lock(mutex_);
    std::map<std::string, std::string> changed;
    std::string file;
    {
        std::lock_guard lock(values_mutex_);
        changed = changed_;
        file = file_;
    }
    if (file.empty()) return fail(ErrorCode::unsupported, "The server is running without a config file");
    std::vector<std::string> lines;
    {
        std::ifstream in(file);
        for (std::string line; std::getline(in, line);) lines.push_back(by_own_name(std::move(line)));
    }
    auto rewritten = rewrite_lines(lines, changed);
    std::string temporary = file + ".rewrite";
    {
        std::ofstream out(temporary, std::ios::trunc);
        for (const auto& line : rewritten) out << line << '\n';
        if (!out.flush()) return fail(ErrorCode::io, "Rewriting config file: cannot write " + temporary);
    }
    if (std::rename(temporary.c_str(), file.c_str()) != 0) {
        return fail(ErrorCode::io, "Rewriting config file: cannot replace " + file);
    }
    return {};
}

}  // namespace sabil::proxy::resp
