// The questions to information_schema about one schema, and how their answers become a SchemaDefinition. They need no
// privilege but SELECT on the tables.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "invalidation/schema/definition.h"

namespace sabil::invalidation {

using TextRow = std::vector<std::optional<std::string>>;
using TextRows = std::vector<TextRow>;

// Each with one `?`: the schema's name.
enum class SchemaQuestion : std::uint8_t { tables, columns, views, foreign_keys, foreign_key_rules };
inline constexpr std::array schema_questions{SchemaQuestion::tables, SchemaQuestion::columns, SchemaQuestion::views,
                                             SchemaQuestion::foreign_keys, SchemaQuestion::foreign_key_rules};
std::string_view schema_question_text(SchemaQuestion question) noexcept;

// Tables, columns and the like in one schema; past it the schema is not cached.
inline constexpr std::size_t schema_rows_count_max = 1U << 20;

// answers: by question; mode: the server's dialect and version. Errors: invalid where a row has not the columns asked
// for.
Result<SchemaDefinition> read_schema(std::string name, const std::array<TextRows, schema_questions.size()>& answers,
                                     const sql::ParseMode& mode);

}  // namespace sabil::invalidation
