#include "proxy/mysql_front/answer_comparison.h"

#include <algorithm>
#include <string>
#include <vector>

#include "mysql/wire/frame.h"

namespace sabil::proxy::mysql_front {
namespace {

// Packets without their headers, whose sequence numbers say nothing, in an order of their own.
std::vector<std::string> packets_of(std::string_view answer, const StoredResultHead& head) {
    std::vector<std::string> out;
    for (std::size_t at = 0; answer.size() - at >= mysql::frame_header_bytes;) {
        const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(answer[at + i])); };
        const auto size = byte(0) | byte(1) << 8 | byte(2) << 16;
        const auto begin = at + mysql::frame_header_bytes;
        std::string packet(answer.substr(begin, size));
        for (const std::size_t flags : {std::size_t{head.middle_flags_at}, answer.size() - head.final_flags_back}) {
            if (flags < begin || flags + 2 > begin + packet.size()) continue;
            packet[flags - begin] = packet[flags - begin + 1] = '\0';
        }
        out.push_back(std::move(packet));
        at = std::min(begin + size, answer.size());
    }
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

bool same_rows(const SharedDefinitions& definitions, const cache::Blob& kept, std::string_view answer,
               const StoredResultHead& head) {
    auto kept_head = head_of(kept);
    std::string whole(definitions.bytes(kept_head.definitions));
    if (kept_head.middle_flags_at != 0) kept_head.middle_flags_at += static_cast<std::uint32_t>(whole.size());
    whole.append(kept.bytes());
    return packets_of(whole, kept_head) == packets_of(answer, head);
}

}  // namespace sabil::proxy::mysql_front
