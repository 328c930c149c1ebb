// [[rule]]: what the operator wants cached and for how long.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "invalidation/sql/statement.h"
#include "proxy/mysql_front/options.h"

namespace sabil::proxy::mysql_front {

struct RuleVerdict {
    bool cache = true;
    std::optional<std::chrono::milliseconds> ttl;  // nullopt: the default
    std::optional<std::chrono::milliseconds> stale_if_error;  // how long after its end a result stands in for errors
    bool refresh = false;                          // refill right after a change
};

// Thread-safety: immutable; decide() from any thread.
class Rules {
  public:
    // Errors: invalid, naming the rule's number and the expression that cannot be read.
    static Result<Rules> compile(const std::vector<RuleOptions>& options);
    ~Rules();
    Rules(Rules&&) noexcept;
    Rules& operator=(Rules&&) noexcept;

    bool empty() const noexcept;
    // account: "user@host".
    RuleVerdict decide(std::string_view account, std::string_view schema, std::string_view text,
                       const invalidation::sql::Statement& statement) const;

  private:
    struct Rule;
    Rules();
    std::vector<Rule> rules_;
};

// Equal for equal rules.
std::string text_of(const std::vector<RuleOptions>& rules);

// * any run, ? any one character; case matters.
bool matches_glob(std::string_view glob, std::string_view text) noexcept;

}  // namespace sabil::proxy::mysql_front
