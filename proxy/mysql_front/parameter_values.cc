#include "proxy/mysql_front/parameter_values.h"

#include "mysql/wire/execute_request.h"

namespace sabil::proxy::mysql_front {
namespace {

using invalidation::sql::Literal;

Literal literal_of(const mysql::Parameter& parameter) {
    const auto& value = parameter.value;
    if (std::holds_alternative<std::monostate>(value)) return {Literal::Type::null, {}};
    if (const auto* text = std::get_if<std::string_view>(&value)) {
        const auto type = parameter.type.type;
        const bool decimal = type == mysql::ColumnType::decimal || type == mysql::ColumnType::new_decimal;
        return {decimal ? Literal::Type::decimal : Literal::Type::string, std::string(*text)};
    }
    const bool integer = std::holds_alternative<std::int64_t>(value) || std::holds_alternative<std::uint64_t>(value);
    const bool floating = std::holds_alternative<float>(value) || std::holds_alternative<double>(value);
    const auto type = integer ? Literal::Type::integer : floating ? Literal::Type::floating : Literal::Type::string;
    return {type, mysql::to_text(value, parameter.type.type)};
}

}  // namespace

std::optional<std::vector<ParameterValue>> parameter_values(std::string_view payload, mysql::Capabilities capabilities,
                                                            std::uint16_t parameters) {
    std::vector<mysql::ParameterType> types;
    auto request = mysql::parse_execute(payload, capabilities, parameters, types);
    if (!request || request->parameters.size() < parameters) return std::nullopt;
    std::vector<ParameterValue> values;
    values.reserve(parameters);
    for (std::size_t i = 0; i < parameters; ++i) values.push_back({literal_of(request->parameters[i])});
    return values;
}

}  // namespace sabil::proxy::mysql_front
