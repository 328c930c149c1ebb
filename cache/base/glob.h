// Pattern matching of KEYS, SCAN MATCH, PSUBSCRIBE and CONFIG GET: `*`, `?`, `[abc]`, `[^a-z]`, `\x`.
#pragma once

#include <string_view>

namespace sabil {

enum class CaseSensitivity : bool { exact, ignore };

// Time is at most proportional to pattern size times text size, whatever the pattern. Thread-safety: pure.
bool glob_match(std::string_view pattern, std::string_view text,
                CaseSensitivity sensitivity = CaseSensitivity::exact) noexcept;

}  // namespace sabil
