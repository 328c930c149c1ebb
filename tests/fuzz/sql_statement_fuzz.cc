// The first byte chooses the mode, the rest is a statement. What must hold of any text is checked with it.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "invalidation/sql/statement.h"

using namespace sabil::invalidation::sql;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

ParseMode mode_of(unsigned bits) {
    ParseMode mode;
    mode.dialect = (bits & 1U) != 0 ? Dialect::mysql : Dialect::mariadb;
    mode.ansi_quotes = (bits & 2U) != 0;
    mode.no_backslash_escapes = (bits & 4U) != 0;
    mode.pipes_as_concat = (bits & 8U) != 0;
    mode.ignore_space = (bits & 16U) != 0;
    mode.charset = (bits & 32U) != 0 ? ClientCharset::ascii_based : ClientCharset::utf8;
    mode.server_version = (bits & 64U) != 0 ? 101100 : 0;
    return mode;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const ParseMode mode = mode_of(data[0]);
    const Statement statement = analyze(text, mode);
    if (statement.cacheable()) require(!statement.reads.empty() && statement.writes_known);
    for (const TableUse& use : statement.reads) {
        for (const Equality& equality : use.equalities) {
            require(!equality.any_of.empty());
            for (const ColumnUse& from : equality.propagated_from) require(from.read < statement.reads.size());
        }
    }
    require(normalize(text, mode, 100).size() <= 100);
    const std::string_view key = key_text(text);
    require(key.data() >= text.data() && key.data() + key.size() <= text.data() + text.size());
    // What the key leaves out means nothing.
    const Statement of_key = analyze(key, mode);
    require(of_key.kind == statement.kind || statement.kind == StatementKind::other);
    return 0;
}
