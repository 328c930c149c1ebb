// The first packet of the answer to COM_STMT_PREPARE: 0x00, u32 statement, u16 columns, u16 parameters, 0, u16 warnings,
// [u8 metadata follows]. Definitions of the parameters, then of the columns follow, each run closed by an EOF without
// deprecate_eof.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::mysql {

struct PrepareOk {
    std::uint32_t statement_id = 0;
    std::uint16_t columns = 0;
    std::uint16_t parameters = 0;
    std::uint16_t warnings = 0;
    bool metadata_follows = true;   // false only under optional_resultset_metadata
    bool has_metadata_byte = false; // the packet carries that byte
};

Result<PrepareOk> parse_prepare_ok(std::string_view payload);
void build_prepare_ok(std::string& out, const PrepareOk& ok);

}  // namespace sabil::mysql
