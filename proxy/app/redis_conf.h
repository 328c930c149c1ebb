// Redis' configuration format: one directive per line, blanks between words, "double" and 'single' quotes, comments
// that begin a line with #, include FILE (patterns allowed).
// Thread-safety: pure but for reading files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"

namespace sabil::proxy::app {

struct Directive {
    std::string name;                // lower case
    std::vector<std::string> words;  // what follows it
    std::string place;               // "file:line", or "--flag", for messages
};

// One line's words. Double quotes know \n \r \t \b \a \xHH and \" ; single quotes only \'. Errors: unbalanced quotes.
Result<std::vector<std::string>> split_words(std::string_view line);

// Errors: "file:line: what is wrong".
Result<std::vector<Directive>> parse_redis_conf(const std::string& text, const std::string& name);
// Follows includes, at most include_depth deep.
Result<std::vector<Directive>> load_redis_conf(const std::string& file);
// "--port 7000 --save 900 1": a flag and the words up to the next one. Errors: a word before any flag.
Result<std::vector<Directive>> parse_redis_flags(const std::vector<std::string>& arguments);

inline constexpr int include_depth = 16;

}  // namespace sabil::proxy::app
