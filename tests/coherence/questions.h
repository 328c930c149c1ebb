// The questions that the workload asks over and over: every shape of dependency, each with what its answer is worth at
// least, once a change was applied.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "invalidation/sql/statement.h"
#include "tests/coherence/truth.h"

namespace sabil::coherence_test {

inline constexpr const char* schema_name = "sabil_coherence";

// A cached question: its text, and what it must be worth at least.
struct Question {
    std::string text;
    invalidation::sql::Statement statement;
    std::function<std::uint64_t(const Truth&)> least;
};

std::vector<Question> make_questions(const invalidation::sql::ParseMode& mode);
// The statements that make the tables anew.
std::vector<std::string> set_up_statements();

}  // namespace sabil::coherence_test
