// Values of CONFIG parameters: canonical forms, and the lines of a configuration file.
#pragma once

#include "proxy/resp/config_registry.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

// The text in canonical form, with its number where the kind has one. Errors: invalid, worded as CONFIG SET does.
Result<std::string> canonical_parameter(const Parameter& parameter, std::string_view text, ParameterValue& value);

// "100", "1k" (1,000), "1kb" (1,024), m, mb, g, gb; letter case ignored.
bool parse_bytes(std::string_view text, std::int64_t& bytes);

std::size_t edit_distance(std::string_view a, std::string_view b);

// Lines of a redis.conf with these values: the first line of each name is replaced, new names follow at the end.
std::vector<std::string> rewrite_lines(const std::vector<std::string>& lines,
                                       const std::map<std::string, std::string>& values);

}  // namespace sabil::proxy::resp
