// COM_STMT_EXECUTE: u32 statement, u8 flags, u32 1, [length-encoded count under query_attributes], parameters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/parameters.h"

namespace sabil::mysql {

namespace cursor_flag {
inline constexpr std::uint8_t read_only = 0x01;
inline constexpr std::uint8_t for_update = 0x02;
inline constexpr std::uint8_t scrollable = 0x04;
inline constexpr std::uint8_t parameter_count_available = 0x08;
}  // namespace cursor_flag

struct ExecuteRequest {
    std::uint32_t statement_id = 0;
    std::uint8_t flags = 0;
    std::vector<Parameter> parameters;  // the statement's own first, query attributes behind them
    std::size_t attributes_begin = 0;   // index of the first query attribute
};

// statement_parameters: what COM_STMT_PREPARE's answer said. payload includes the command byte. Errors: protocol.
Result<ExecuteRequest> parse_execute(std::string_view payload, Capabilities capabilities,
                                     std::size_t statement_parameters, std::vector<ParameterType>& remembered,
                                     const std::vector<bool>& long_data = {});
// Errors: invalid.
Result<void> build_execute(std::string& out, const ExecuteRequest& request, Capabilities capabilities);

// The statement's id in COM_STMT_EXECUTE, _SEND_LONG_DATA, _CLOSE, _RESET, _FETCH and MariaDB's bulk execute; ~0 (MariaDB's "last prepared") or
// any other value as sent. Errors: protocol where the packet is too short.
Result<std::uint32_t> statement_id_of(std::string_view payload);

// COM_STMT_SEND_LONG_DATA: u32 statement, u16 parameter, bytes.
struct SendLongData {
    std::uint32_t statement_id = 0;
    std::uint16_t parameter = 0;
    std::string_view data;
};
Result<SendLongData> parse_send_long_data(std::string_view payload);

}  // namespace sabil::mysql
