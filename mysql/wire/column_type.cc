#include "mysql/wire/column_type.h"

namespace sabil::mysql {

std::string_view column_type_name(ColumnType type) noexcept {
    switch (type) {
        case ColumnType::decimal:
            return "DECIMAL";
        case ColumnType::tiny:
            return "TINY";
        case ColumnType::short_int:
            return "SHORT";
        case ColumnType::long_int:
            return "LONG";
        case ColumnType::float_:
            return "FLOAT";
        case ColumnType::double_:
            return "DOUBLE";
        case ColumnType::null:
            return "NULL";
        case ColumnType::timestamp:
            return "TIMESTAMP";
        case ColumnType::long_long:
            return "LONGLONG";
        case ColumnType::int24:
            return "INT24";
        case ColumnType::date:
            return "DATE";
        case ColumnType::time:
            return "TIME";
        case ColumnType::datetime:
            return "DATETIME";
        case ColumnType::year:
            return "YEAR";
        case ColumnType::new_date:
            return "NEWDATE";
        case ColumnType::varchar:
            return "VARCHAR";
        case ColumnType::bit:
            return "BIT";
        case ColumnType::timestamp2:
            return "TIMESTAMP2";
        case ColumnType::datetime2:
            return "DATETIME2";
        case ColumnType::time2:
            return "TIME2";
        case ColumnType::typed_array:
            return "TYPED_ARRAY";
        case ColumnType::blob_compressed:
            return "BLOB_COMPRESSED";
        case ColumnType::varchar_compressed:
            return "VARCHAR_COMPRESSED";
        case ColumnType::vector:
            return "VECTOR";
        case ColumnType::json:
            return "JSON";
        case ColumnType::new_decimal:
            return "NEWDECIMAL";
        case ColumnType::enum_:
            return "ENUM";
        case ColumnType::set:
            return "SET";
        case ColumnType::tiny_blob:
            return "TINY_BLOB";
        case ColumnType::medium_blob:
            return "MEDIUM_BLOB";
        case ColumnType::long_blob:
            return "LONG_BLOB";
        case ColumnType::blob:
            return "BLOB";
        case ColumnType::var_string:
            return "VAR_STRING";
        case ColumnType::string:
            return "STRING";
        case ColumnType::geometry:
            return "GEOMETRY";
    }
    return "UNKNOWN";
}

}  // namespace sabil::mysql
