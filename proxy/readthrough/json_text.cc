#include "proxy/readthrough/json_text.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "proxy/readthrough/cell_text.h"

namespace sabil::proxy::readthrough {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";  // U+FFFD

// Length of the well-formed UTF-8 sequence at the start, 0 where there is none (overlong forms and surrogates
// included).
std::size_t utf8_length(std::string_view text) {
    auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0U; };
    auto follows = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    auto first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        if (!follows(1) || !follows(2)) return 0;
        if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
        return 4;
    }
    return 0;
}

void append_control(std::string& out, char c) {
    switch (c) {
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        case '\b':
            out += "\\b";
            return;
        case '\f':
            out += "\\f";
            return;
        default:
            break;
    }
    constexpr char hex[] = "0123456789abcdef";
    out += "\\u00";
    out += hex[static_cast<std::uint8_t>(c) >> 4];
    out += hex[static_cast<std::uint8_t>(c) & 15];
}

// ZEROFILL columns print leading zeros, which JSON does not allow.
void append_decimal(std::string& out, std::string_view digits) {
    if (digits.starts_with('-')) {
        out += '-';
        digits.remove_prefix(1);
    }
    while (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') digits.remove_prefix(1);
    out += digits;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        // The common case: a run of plain ASCII.
        std::size_t run = 0;
        while (run < text.size() && static_cast<std::uint8_t>(text[run]) >= 0x20 &&
               static_cast<std::uint8_t>(text[run]) < 0x80 && text[run] != '"' && text[run] != '\\') {
            ++run;
        }
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) break;
        char c = text.front();
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
            text.remove_prefix(1);
        } else if (static_cast<std::uint8_t>(c) < 0x20) {
            append_control(out, c);
            text.remove_prefix(1);
        } else {
            auto length = utf8_length(text);
            out.append(length == 0 ? replacement : text.substr(0, length));
            text.remove_prefix(length == 0 ? 1 : length);
        }
    }
    out += '"';
}

void append_base64(std::string& out, std::string_view bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        auto byte = [&](std::size_t k) {
            return i + k < bytes.size() ? static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i + k])) : 0U;
        };
        auto group = byte(0) << 16 | byte(1) << 8 | byte(2);
        out += digits[group >> 18 & 63];
        out += digits[group >> 12 & 63];
        out += i + 1 < bytes.size() ? digits[group >> 6 & 63] : '=';
        out += i + 2 < bytes.size() ? digits[group & 63] : '=';
    }
}

void append_json_cell(std::string& out, const mysql::RowsColumn& column, const mysql::Cell& cell) {
    using mysql::CellKind;
    if (is_null(cell)) {
        out += "null";
        return;
    }
    const auto* text = std::get_if<std::string>(&cell);
    if (text == nullptr) {
        out += cell_text(column, cell);
        return;
    }
    switch (column.kind) {
        case CellKind::decimal:
            append_decimal(out, *text);
            return;
        case CellKind::json:
            out += *text;
            return;
        case CellKind::binary:
            out += '"';
            append_base64(out, *text);
            out += '"';
            return;
        default:
            append_json_string(out, *text);
            return;
    }
}

bool is_json(std::string_view text) noexcept {
    return nlohmann::json::accept(text);
}

void mark_json_columns(mysql::Rows& rows, const std::vector<std::string>& names) {
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        auto& column = rows.columns[i];
        if (column.kind != mysql::CellKind::text) continue;
        if (std::find(names.begin(), names.end(), column.name) == names.end()) continue;
        bool all = std::all_of(rows.rows.begin(), rows.rows.end(), [&](const auto& row) {
            const auto* text = std::get_if<std::string>(&row[i]);
            return text == nullptr || is_json(*text);
        });
        if (all) column.kind = mysql::CellKind::json;
    }
}

void append_json_row(std::string& out, const mysql::Rows& rows, std::size_t row) {
    out += '{';
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(out, rows.columns[i].name);
        out += ':';
        append_json_cell(out, rows.columns[i], rows.rows[row][i]);
    }
    out += '}';
}

}  // namespace sabil::proxy::readthrough
