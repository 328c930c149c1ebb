#include "proxy/readthrough/cell_text.h"

#include <charconv>

namespace sabil::proxy::readthrough {
namespace {

template <class Number>
std::string shortest(Number value) {
    char text[64];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace

std::string cell_text(const mysql::RowsColumn& column, const mysql::Cell& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) return std::to_string(*integer);
    if (const auto* natural = std::get_if<std::uint64_t>(&cell)) return std::to_string(*natural);
    if (const auto* real = std::get_if<double>(&cell)) {
        return column.is_float ? shortest(static_cast<float>(*real)) : shortest(*real);
    }
    return {};
}

}  // namespace sabil::proxy::readthrough
