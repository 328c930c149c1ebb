#include "mysql/client/rows_reader.h"

#include <cppconn/datatype.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>

#include <string>
#include <string_view>

namespace sabil::mysql {

namespace {

constexpr unsigned vector_bytes_max = 16383 * 4;

struct Kind {
    CellKind kind;
    ColumnType type;
};

Kind kind_of(int type, bool is_signed) {
    using sql::DataType;
    const auto integer = is_signed ? CellKind::integer : CellKind::unsigned_integer;
    switch (type) {
        case DataType::BIT:
            return {CellKind::unsigned_integer, ColumnType::bit};
        case DataType::YEAR:
            return {CellKind::unsigned_integer, ColumnType::year};
        case DataType::TINYINT:
            return {integer, ColumnType::tiny};
        case DataType::SMALLINT:
            return {integer, ColumnType::short_int};
        case DataType::MEDIUMINT:
            return {integer, ColumnType::int24};
        case DataType::INTEGER:
            return {integer, ColumnType::long_int};
        case DataType::BIGINT:
            return {integer, ColumnType::long_long};
        case DataType::REAL:
            return {CellKind::real, ColumnType::float_};
        case DataType::DOUBLE:
            return {CellKind::real, ColumnType::double_};
        case DataType::DECIMAL:
        case DataType::NUMERIC:
            return {CellKind::decimal, ColumnType::new_decimal};
        case DataType::BINARY:
            return {CellKind::binary, ColumnType::string};
        case DataType::VARBINARY:
            return {CellKind::binary, ColumnType::var_string};
        case DataType::LONGVARBINARY:
            return {CellKind::binary, ColumnType::blob};
        case DataType::GEOMETRY:
            return {CellKind::binary, ColumnType::geometry};
        case DataType::JSON:
            return {CellKind::json, ColumnType::json};
        case DataType::DATE:
            return {CellKind::date, ColumnType::date};
        case DataType::TIMESTAMP:
            return {CellKind::datetime, ColumnType::datetime};
        case DataType::TIME:
            return {CellKind::time, ColumnType::time};
        case DataType::ENUM:
            return {CellKind::text, ColumnType::enum_};
        case DataType::SET:
            return {CellKind::text, ColumnType::set};
        case DataType::CHAR:
            return {CellKind::text, ColumnType::string};
        case DataType::LONGVARCHAR:
            return {CellKind::text, ColumnType::blob};
        case DataType::SQLNULL:
            return {CellKind::text, ColumnType::null};
        default:
            return {CellKind::text, ColumnType::var_string};
    }
}

// The library prints a fraction of six digits or none, and short years; the server prints the column's own digits.
std::string temporal_text(std::string text, CellKind kind, unsigned decimals) {
    if (kind != CellKind::time) {
        const auto year_digits = text.find('-');
        if (year_digits < 4) text.insert(0, 4 - year_digits, '0');
    }
    if (kind == CellKind::date) return text;
    auto point = text.find('.');
    if (decimals > 6) return text;
    if (point == std::string::npos) {
        point = text.size();
        if (decimals > 0) text.push_back('.');
    }
    text.resize(decimals == 0 ? point : point + 1 + decimals, '0');
    return text;
}

Cell read_cell(sql::ResultSet& result, unsigned at, const RowsColumn& column) {
    switch (column.kind) {
        case CellKind::integer:
            return static_cast<std::int64_t>(result.getInt64(at));
        case CellKind::unsigned_integer:
            return static_cast<std::uint64_t>(result.getUInt64(at));
        case CellKind::real:
            return static_cast<double>(result.getDouble(at));
        case CellKind::date:
        case CellKind::datetime:
        case CellKind::time:
            return temporal_text(result.getString(at), column.kind, column.decimals);
        default:
            return std::string(result.getString(at));
    }
}

std::vector<RowsColumn> read_columns(sql::ResultSetMetaData& metadata) {
    std::vector<RowsColumn> columns(metadata.getColumnCount());
    for (unsigned i = 0; i < columns.size(); ++i) {
        auto& column = columns[i];
        const auto at = i + 1;
        auto [kind, type] = kind_of(metadata.getColumnType(at), metadata.isSigned(at));
        // The library has no name for the types that are newer than it. A JSON column too calls itself binary, but it
        // is as wide as can be.
        if (metadata.getColumnType(at) == sql::DataType::UNKNOWN) {
            const bool bytes =
                metadata.getColumnCharset(at) == "binary" && metadata.getColumnDisplaySize(at) <= vector_bytes_max;
            kind = bytes ? CellKind::binary : CellKind::json;
            type = bytes ? ColumnType::vector : ColumnType::json;
        }
        column.name = metadata.getColumnLabel(at);
        column.kind = kind;
        column.type = type;
        column.is_unsigned = !metadata.isSigned(at);
        column.is_float = type == ColumnType::float_;
        column.decimals = static_cast<std::uint8_t>(metadata.getScale(at));
        column.charset = kind == CellKind::binary ? "binary" : "utf8mb4";
    }
    return columns;
}

}  // namespace

void read_rows(sql::ResultSet& result, std::size_t bytes_max, Rows& rows) {
    rows.columns = read_columns(*result.getMetaData());
    std::size_t bytes = 0;
    while (result.next()) {
        auto& row = rows.rows.emplace_back(rows.columns.size());
        for (unsigned i = 0; i < rows.columns.size(); ++i) {
            if (result.isNull(i + 1)) continue;
            row[i] = read_cell(result, i + 1, rows.columns[i]);
            const auto* text = std::get_if<std::string>(&row[i]);
            bytes += sizeof(Cell) + (text != nullptr ? text->size() : 0);
        }
        if (bytes > bytes_max) {
            throw ResultTooLarge("a result is over the limit of " + std::to_string(bytes_max) + " bytes");
        }
    }
}

}  // namespace sabil::mysql
