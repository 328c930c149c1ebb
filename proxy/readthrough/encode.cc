#include "proxy/readthrough/encode.h"

#include <charconv>
#include <cmath>
#include <set>

#include "proxy/readthrough/cell_text.h"
#include "proxy/readthrough/json_text.h"

namespace sabil::proxy::readthrough {
namespace {

using cache::Value;

Value encode_json(const mysql::Rows& rows) {
    std::string out = "[";
    for (std::size_t i = 0; i < rows.rows.size(); ++i) {
        if (i > 0) out += ',';
        append_json_row(out, rows, i);
    }
    out += ']';
    return Value::string(out);
}

Value encode_row(const mysql::Rows& rows) {
    std::string out;
    append_json_row(out, rows, 0);
    return Value::string(out);
}

Value encode_string(const mysql::Rows& rows) {
    const auto& cell = rows.rows[0][0];
    return is_null(cell) ? Value() : Value::string(cell_text(rows.columns[0], cell));
}

Value encode_hash(const mysql::Rows& rows, const cache::EncodingLimits& limits) {
    cache::Hash hash;
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        const auto& cell = rows.rows[0][i];
        if (!is_null(cell)) hash.set(rows.columns[i].name, cell_text(rows.columns[i], cell), limits);
    }
    return hash.empty() ? Value() : Value(std::move(hash));
}

Value encode_list(const mysql::Rows& rows, const cache::EncodingLimits& limits) {
    cache::List list;
    for (const auto& row : rows.rows) {
        if (!is_null(row[0])) list.push(cache::ListEnd::back, cell_text(rows.columns[0], row[0]), limits);
    }
    return list.empty() ? Value() : Value(std::move(list));
}

Value encode_set(const mysql::Rows& rows, const cache::EncodingLimits& limits) {
    cache::Set set;
    for (const auto& row : rows.rows) {
        if (!is_null(row[0])) set.add(cell_text(rows.columns[0], row[0]), limits);
    }
    return set.empty() ? Value() : Value(std::move(set));
}

Result<double> score_of(const mysql::RowsColumn& column, const mysql::Cell& cell) {
    auto text = cell_text(column, cell);
    double score = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
    if (error != std::errc{} || end != text.data() + text.size() || std::isnan(score)) {
        return fail(ErrorCode::invalid, "as = \"zset\": column '" + column.name + "' holds '" + text.substr(0, 64) +
                                            "', which is no number to order by");
    }
    return score;
}

Result<Value> encode_zset(const mysql::Rows& rows, const cache::EncodingLimits& limits) {
    cache::ZSet zset;
    for (const auto& row : rows.rows) {
        if (is_null(row[0]) || is_null(row[1])) continue;
        auto score = score_of(rows.columns[1], row[1]);
        if (!score) return tl::unexpected(score.error());
        zset.add(cell_text(rows.columns[0], row[0]), *score, limits);
    }
    return zset.empty() ? Value() : Value(std::move(zset));
}

}  // namespace

Result<void> check_columns(Encoding as, const std::vector<mysql::RowsColumn>& columns) {
    if (columns.empty()) return fail(ErrorCode::invalid, "the query gives no columns; write a SELECT");
    if (as == Encoding::zset && columns.size() < 2) {
        return fail(ErrorCode::invalid, "as = \"zset\" needs two columns, member and score; the query gives one");
    }
    if (as == Encoding::json || as == Encoding::row || as == Encoding::hash) {
        std::set<std::string> names;
        for (const auto& column : columns) {
            if (names.insert(column.name).second) continue;
            return fail(ErrorCode::invalid, "two columns are named '" + column.name + "'; give one an alias with AS");
        }
    }
    return {};
}

Result<Value> encode(Encoding as, const mysql::Rows& rows, const cache::EncodingLimits& limits) {
    if (auto fits = check_columns(as, rows.columns); !fits) return tl::unexpected(fits.error());
    if (rows.rows.empty()) return Value();
    switch (as) {
        case Encoding::json:
            return encode_json(rows);
        case Encoding::row:
            return encode_row(rows);
        case Encoding::string:
            return encode_string(rows);
        case Encoding::hash:
            return encode_hash(rows, limits);
        case Encoding::list:
            return encode_list(rows, limits);
        case Encoding::set:
            return encode_set(rows, limits);
        case Encoding::zset:
            return encode_zset(rows, limits);
    }
    return fail(ErrorCode::unsupported, "unknown encoding");
}

}  // namespace sabil::proxy::readthrough
