// COM_STMT_EXECUTE as the cache key needs it: where its parts lie, found without allocating.
//
// u8 command, u32 statement, u8 flags, u32 1, [length-encoded count under query_attributes], NULL bitmap, u8 "types
// follow", types (2 bytes each, with a length-encoded name each under query_attributes), values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mysql/wire/capabilities.h"

namespace sabil::proxy::mysql_front {

struct ExecuteView {
    std::uint32_t statement_id = 0;
    std::uint8_t flags = 0;
    std::string_view null_bitmap;     // empty where there are no parameters
    bool types_follow = false;
    std::string_view types;           // as sent, names included; empty unless types_follow
    std::string_view values;          // the rest
    std::size_t types_at = 0;         // offset of the "types follow" byte in the payload; 0: no parameters
    bool has_attributes = false;      // more values than the statement has parameters
};

inline constexpr std::size_t execute_head_bytes = 10;

// payload includes the command byte; parameters: what the statement's preparation said. Nothing where the packet is cut
// short or inconsistent: the server is to judge it.
std::optional<ExecuteView> view_execute(std::string_view payload, mysql::Capabilities capabilities,
                                        std::uint16_t parameters) noexcept;

// The packet with `types` put in where it brought none: for a backend that never saw them. Appends to out.
void append_with_types(std::string& out, std::string_view payload, const ExecuteView& view, std::string_view types);

}  // namespace sabil::proxy::mysql_front
