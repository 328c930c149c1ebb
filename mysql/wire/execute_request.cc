#include "mysql/wire/execute_request.h"

#include "cache/base/bytes.h"
#include "mysql/wire/command.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

Result<ExecuteRequest> parse_execute(std::string_view payload, Capabilities capabilities,
                                     std::size_t statement_parameters, std::vector<ParameterType>& remembered,
                                     const std::vector<bool>& long_data) {
    ByteReader in(payload);
    if (in.u8() != static_cast<std::uint8_t>(Command::stmt_execute)) {
        return fail(ErrorCode::protocol, "the packet is no COM_STMT_EXECUTE");
    }
    ExecuteRequest request;
    request.statement_id = in.u32();
    request.flags = in.u8();
    in.skip(4);
    if (!in.ok()) return fail(ErrorCode::protocol, "a COM_STMT_EXECUTE is cut short");
    const bool named = has(capabilities, capability::query_attributes);
    const bool counted = named && (request.flags & cursor_flag::parameter_count_available) != 0;
    std::uint64_t count = statement_parameters;
    if (counted) {
        count = read_length_encoded(in);
        if (!in.ok() || count < statement_parameters || count > parameters_count_max) {
            return fail(ErrorCode::protocol, "a COM_STMT_EXECUTE counts " + std::to_string(count) +
                                                 " parameters, its statement has " +
                                                 std::to_string(statement_parameters));
        }
    }
    auto parameters = read_parameters(in, static_cast<std::size_t>(count), named, remembered, long_data);
    if (!parameters) return tl::unexpected(parameters.error());
    request.parameters = std::move(*parameters);
    request.attributes_begin = statement_parameters;
    return request;
}

Result<void> build_execute(std::string& out, const ExecuteRequest& request, Capabilities capabilities) {
    ByteWriter w(out);
    const bool named = has(capabilities, capability::query_attributes);
    const bool with_attributes = request.attributes_begin < request.parameters.size();
    if (with_attributes && !named) {
        return fail(ErrorCode::invalid, "query attributes need the capability CLIENT_QUERY_ATTRIBUTES");
    }
    auto flags = static_cast<std::uint8_t>(request.flags & ~cursor_flag::parameter_count_available);
    if (named) flags = static_cast<std::uint8_t>(flags | cursor_flag::parameter_count_available);
    w.u8(static_cast<std::uint8_t>(Command::stmt_execute));
    w.u32(request.statement_id);
    w.u8(flags);
    w.u32(1);
    if (named) write_length_encoded(w, request.parameters.size());
    return write_parameters(w, request.parameters, named);
}

Result<std::uint32_t> statement_id_of(std::string_view payload) {
    ByteReader in(payload);
    in.skip(1);
    const auto id = in.u32();
    if (!in.ok()) return fail(ErrorCode::protocol, "a statement command is cut short");
    return id;
}

Result<SendLongData> parse_send_long_data(std::string_view payload) {
    ByteReader in(payload);
    if (in.u8() != static_cast<std::uint8_t>(Command::stmt_send_long_data)) in.fail();
    SendLongData request;
    request.statement_id = in.u32();
    request.parameter = in.u16();
    request.data = in.take_rest();
    if (!in.ok()) return fail(ErrorCode::protocol, "a COM_STMT_SEND_LONG_DATA is cut short");
    return request;
}

}  // namespace sabil::mysql
