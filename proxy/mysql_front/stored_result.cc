#include "proxy/mysql_front/stored_result.h"

#include <cstring>
#include <limits>

#include "cache/base/bytes.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::proxy::mysql_front {
namespace {

namespace status = mysql::status;

constexpr std::size_t eof_frame_bytes = 9;  // header, 0xfe, u16 warnings, u16 status

mysql::StatusFlags flags_at(std::string_view bytes, std::size_t at) noexcept {
    return static_cast<mysql::StatusFlags>(static_cast<unsigned char>(bytes[at]) |
                                           static_cast<unsigned char>(bytes[at + 1]) << 8);
}

void put_flags(char* at, mysql::StatusFlags flags) noexcept {
    at[0] = static_cast<char>(flags);
    at[1] = static_cast<char>(flags >> 8);
}

// Offset of the status in the packet that ended the rows; 0 where it is not as expected.
std::size_t final_status_at(std::string_view answer, std::size_t terminator, bool deprecate_eof) noexcept {
    if (terminator + 4 >= answer.size() || static_cast<unsigned char>(answer[terminator + 4]) != 0xfe) return 0;
    if (!deprecate_eof) return terminator + eof_frame_bytes == answer.size() ? answer.size() - 2 : 0;
    ByteReader in(answer.substr(terminator + 4));
    in.skip(1);
    (void)mysql::read_length_encoded(in);
    (void)mysql::read_length_encoded(in);
    const auto at = terminator + 4 + in.position();
    in.skip(4);
    return in.ok() ? at : 0;
}

}  // namespace

std::optional<StoredResultHead> locate_flags(std::string_view answer, const mysql::ResponseSummary& summary,
                                             mysql::Capabilities capabilities) noexcept {
    constexpr mysql::StatusFlags not_kept = status::more_results | status::cursor_exists | status::metadata_changed |
                                            status::ps_out_params;
    if (summary.failed || summary.warned || summary.warnings != 0 || summary.results != 1 || summary.resultsets != 1 ||
        (summary.status & not_kept) != 0 ||
        answer.size() > std::numeric_limits<std::uint32_t>::max()) {
        return std::nullopt;
    }
    const bool deprecate_eof = mysql::has(capabilities, mysql::capability::deprecate_eof);
    StoredResultHead head;
    const auto final_at = final_status_at(answer, summary.terminator_begin, deprecate_eof);
    if (final_at == 0) return std::nullopt;
    // An EOF has the mark alone, an OK reports behind it.
    const auto reported = deprecate_eof ? status::session_state_changed : mysql::StatusFlags{};
    if ((flags_at(answer, final_at) & (not_kept | reported)) != 0) return std::nullopt;
    const auto back = answer.size() - final_at;
    if (back > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
    head.final_flags_back = static_cast<std::uint16_t>(back);
    if (!deprecate_eof) {
        const auto rows = static_cast<std::size_t>(summary.rows_begin);
        if (rows < eof_frame_bytes || rows > answer.size() ||
            static_cast<unsigned char>(answer[rows - eof_frame_bytes + 4]) != 0xfe) {
            return std::nullopt;
        }
        head.middle_flags_at = static_cast<std::uint32_t>(rows - 2);
    }
    return head;
}

cache::BlobRef make_result(SharedDefinitions& definitions, std::string_view answer,
                           const mysql::ResponseSummary& summary, StoredResultHead head) {
    constexpr std::size_t status_in_eof = eof_frame_bytes - 2;
    const auto shared = answer.substr(0, head.middle_flags_at != 0 ? head.middle_flags_at - status_in_eof
                                                                   : static_cast<std::size_t>(summary.rows_begin));
    head.definitions = definitions.share(shared);
    if (head.definitions != 0) {
        answer.remove_prefix(shared.size());
        if (head.middle_flags_at != 0) head.middle_flags_at = status_in_eof;
    }
    return cache::BlobRef::make({reinterpret_cast<const char*>(&head), sizeof(head)}, answer);
}

StoredResultHead head_of(const cache::Blob& blob) noexcept {
    StoredResultHead head;
    std::memcpy(&head, blob.metadata().data(), sizeof(head));
    return head;
}

void append_result(std::string& out, const SharedDefinitions& definitions, const StoredResultHead& head,
                   const cache::Blob& blob, mysql::StatusFlags session) {
    if (head.definitions != 0) out.append(definitions.bytes(head.definitions));
    const auto bytes = blob.bytes();
    const auto begin = out.size();
    out.append(bytes);
    if (head.middle_flags_at != 0) {
        put_flags(out.data() + begin + head.middle_flags_at, patched_flags(flags_at(bytes, head.middle_flags_at), session));
    }
    const auto final_at = bytes.size() - head.final_flags_back;
    put_flags(out.data() + begin + final_at, patched_flags(flags_at(bytes, final_at), session));
}

void cut_result(ResultPieces& out, const SharedDefinitions& definitions, const cache::Blob& blob,
                mysql::StatusFlags session) noexcept {
    const auto head = head_of(blob);
    const auto bytes = blob.bytes();
    std::size_t begin = 0;
    std::size_t patch = 0;
    out.count = 0;
    if (head.definitions != 0) out.pieces[out.count++] = definitions.bytes(head.definitions);
    for (const auto at : {std::size_t{head.middle_flags_at}, bytes.size() - head.final_flags_back}) {
        if (at == 0) continue;
        put_flags(out.patches[patch], patched_flags(flags_at(bytes, at), session));
        out.pieces[out.count++] = bytes.substr(begin, at - begin);
        out.pieces[out.count++] = {out.patches[patch++], 2};
        begin = at + 2;
    }
    if (begin < bytes.size()) out.pieces[out.count++] = bytes.substr(begin);
}

}  // namespace sabil::proxy::mysql_front
