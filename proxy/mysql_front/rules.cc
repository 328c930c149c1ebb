#include "proxy/mysql_front/rules.h"

#include <algorithm>
#include <regex>

namespace sabil::proxy::mysql_front {

struct Rules::Rule {
    RuleOptions options;
    std::optional<std::regex> query;
};

Rules::Rules() = default;
Rules::~Rules() = default;
Rules::Rules(Rules&&) noexcept = default;
Rules& Rules::operator=(Rules&&) noexcept = default;

bool Rules::empty() const noexcept { return rules_.empty(); }

std::string text_of(const std::vector<RuleOptions>& rules) {
    std::string out;
    auto add = [&out](std::string_view field) { out.append(field).push_back('\0'); };
    auto add_time = [&](const std::optional<std::chrono::milliseconds>& time) {
        add(time ? std::to_string(time->count()) : "-");
    };
    for (const auto& [user, schema, table, query, cache, ttl, stale_if_error, refresh] : rules) {
        for (const auto* field : {&user, &schema, &table, &query}) add(*field);
        add(cache ? "cache" : "pass");
        add_time(ttl);
        add_time(stale_if_error);
        add(refresh ? "refresh" : "-");
    }
    return out;
}

bool matches_glob(std::string_view glob, std::string_view text) noexcept {
    std::size_t g = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (g < glob.size() && glob[g] == '*') {
            star = g++;
            resume = t;
        } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
            ++g;
            ++t;
        } else if (star != std::string_view::npos) {
            g = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*', g) == std::string_view::npos;
}

Result<Rules> Rules::compile(const std::vector<RuleOptions>& options) {
    Rules rules;
    for (const auto& option : options) {
        Rule rule;
        rule.options = option;
        if (!option.query.empty()) {
            try {
                rule.query.emplace(option.query, std::regex::ECMAScript | std::regex::icase | std::regex::optimize);
            } catch (const std::regex_error& error) {
                return fail(ErrorCode::invalid, "rule " + std::to_string(rules.rules_.size() + 1) + ": query '" +
                                                    option.query + "' is no regular expression: " + error.what());
            }
        }
        rules.rules_.push_back(std::move(rule));
    }
    return rules;
}

RuleVerdict Rules::decide(std::string_view account, std::string_view schema, std::string_view text,
                          const invalidation::sql::Statement& statement) const {
    const auto user = account.substr(0, account.rfind('@'));
    auto table_matches = [&](const std::string& glob) {
        return std::any_of(statement.reads.begin(), statement.reads.end(), [&](const auto& use) {
            const auto& in = use.name.schema.empty() ? schema : std::string_view(use.name.schema);
            return matches_glob(glob, use.name.table) || matches_glob(glob, std::string(in) + "." + use.name.table);
        });
    };
    for (const auto& rule : rules_) {
        const auto& match = rule.options;
        if (!match.user.empty() && !matches_glob(match.user, user)) continue;
        if (!match.schema.empty() && !matches_glob(match.schema, schema)) continue;
        if (!match.table.empty() && !table_matches(match.table)) continue;
        if (rule.query) {
            const auto head = text.substr(0, rule_text_bytes_max);
            if (!std::regex_search(head.begin(), head.end(), *rule.query)) continue;
        }
        return {match.cache, match.ttl, match.stale_if_error, match.refresh};
    }
    return {};
}

}  // namespace sabil::proxy::mysql_front
