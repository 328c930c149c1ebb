#include "mysql/wire/parameters.h"

#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

namespace {

constexpr std::uint8_t unsigned_flag = 0x80;

bool bit_at(std::string_view bits, std::size_t i) noexcept {
    return i / 8 < bits.size() && (static_cast<unsigned char>(bits[i / 8]) >> (i % 8) & 1U) != 0;
}

}  // namespace

Result<std::vector<Parameter>> read_parameters(ByteReader& in, std::size_t count, bool named,
                                               std::vector<ParameterType>& remembered,
                                               const std::vector<bool>& long_data) {
    std::vector<Parameter> parameters;
    if (count == 0) return parameters;
    // Each takes a bit at least, so a count that cannot fit must not size the vector.
    if (count > parameters_count_max || (count + 7) / 8 > in.remaining()) {
        return fail(ErrorCode::protocol, "the packet cannot hold " + std::to_string(count) + " parameters");
    }
    const auto nulls = in.take((count + 7) / 8);
    if (in.u8() != 0) {
        std::vector<ParameterType> types(count);
        for (auto& type : types) {
            type.type.type = static_cast<ColumnType>(in.u8());
            type.type.is_unsigned = (in.u8() & unsigned_flag) != 0;
            if (named) type.name = read_length_encoded_string(in);
        }
        if (!in.ok()) return fail(ErrorCode::protocol, "the parameters' types are cut short");
        remembered = std::move(types);
    } else if (remembered.size() != count) {
        return fail(ErrorCode::protocol, "parameters without types, and no execution before that brought them");
    }
    parameters.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        auto& parameter = parameters[i];
        parameter.name = remembered[i].name;
        parameter.type = remembered[i].type;
        parameter.long_data = i < long_data.size() && long_data[i];
        if (parameter.long_data || bit_at(nulls, i)) continue;
        parameter.value = read_binary_value(in, parameter.type);
    }
    if (!in.ok()) return fail(ErrorCode::protocol, "the parameters' values are cut short or of an unknown type");
    return parameters;
}

Result<void> write_parameters(ByteWriter& out, std::span<const Parameter> parameters, bool named) {
    if (parameters.empty()) return {};
    if (parameters.size() > parameters_count_max) {
        return fail(ErrorCode::invalid, std::to_string(parameters.size()) + " parameters, at most 65535 are possible");
    }
    std::string nulls((parameters.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const bool is_null = std::holds_alternative<std::monostate>(parameters[i].value) && !parameters[i].long_data;
        if (is_null) nulls[i / 8] = static_cast<char>(nulls[i / 8] | 1 << (i % 8));
    }
    out.bytes(nulls);
    out.u8(1);
    for (const auto& parameter : parameters) {
        out.u8(static_cast<std::uint8_t>(parameter.type.type));
        out.u8(parameter.type.is_unsigned ? unsigned_flag : std::uint8_t{0});
        if (named) write_length_encoded_string(out, parameter.name);
    }
    for (const auto& parameter : parameters) {
        if (std::holds_alternative<std::monostate>(parameter.value)) continue;
        if (auto written = write_binary_value(out, parameter.type.type, parameter.value); !written) return written;
    }
    return {};
}

}  // namespace sabil::mysql
