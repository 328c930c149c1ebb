// LOCAL INFILE request: 0xfb, file name. The client answers with packets of file data and an empty one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sabil::mysql {

inline constexpr unsigned char local_infile_marker = 0xfb;

// The file's name; nothing where the packet is something else.
inline std::optional<std::string_view> parse_local_infile(std::string_view payload) noexcept {
    if (payload.empty() || static_cast<unsigned char>(payload.front()) != local_infile_marker) return std::nullopt;
    return payload.substr(1);
}
inline void build_local_infile(std::string& out, std::string_view file_name) {
    out.push_back(static_cast<char>(local_infile_marker));
    out.append(file_name);
}

}  // namespace sabil::mysql
