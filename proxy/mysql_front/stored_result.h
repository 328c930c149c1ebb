// A resultset kept ready to send: the server's packets from sequence number 1 on, and where the status flags lie that
// are to be the session's own when it is sent again. The column definitions at its head may be kept elsewhere, once for
// many results.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/types/blob.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/response_tracker.h"
#include "proxy/mysql_front/analysis.h"
#include "proxy/mysql_front/shared_definitions.h"

namespace sabil::proxy::mysql_front {

// A Blob's metadata. Its bytes are what follows the shared definitions.
struct StoredResultHead {
    StatementId statement = 0;
    std::uint32_t saved_us = 0;         // what the server took for it
    std::uint32_t middle_flags_at = 0;  // offset of the status in the EOF behind the column definitions; 0: none
    std::uint16_t final_flags_back = 0; // the status in the last packet, counted from the end
    DefinitionsId definitions = 0;
};

// Where the flags lie, if this answer may be kept: one complete resultset without error, warning, cursor or reported
// session change. answer: all its bytes as the client had them, of which only the last packet may differ from the
// server's; capabilities: those both sides have.
std::optional<StoredResultHead> locate_flags(std::string_view answer, const mysql::ResponseSummary& summary,
                                             mysql::Capabilities capabilities) noexcept;

// What is kept of the answer. head: as located in it.
cache::BlobRef make_result(SharedDefinitions& definitions, std::string_view answer,
                           const mysql::ResponseSummary& summary, StoredResultHead head);

StoredResultHead head_of(const cache::Blob& blob) noexcept;

// What the server would have put in place of `stored` for a session with these flags.
constexpr mysql::StatusFlags patched_flags(mysql::StatusFlags stored, mysql::StatusFlags session) noexcept {
    constexpr mysql::StatusFlags of_statement = mysql::status::no_good_index_used | mysql::status::no_index_used |
                                                mysql::status::session_state_changed;
    constexpr mysql::StatusFlags of_session = mysql::status::in_transaction | mysql::status::autocommit |
                                              mysql::status::no_backslash_escapes |
                                              mysql::status::in_read_only_transaction | 0x8000;
    return static_cast<mysql::StatusFlags>((stored & of_statement) | (session & of_session));
}

// Appends the packets with the session's flags. head: the blob's own.
void append_result(std::string& out, const SharedDefinitions& definitions, const StoredResultHead& head,
                   const cache::Blob& blob, mysql::StatusFlags session);

// A large result sent in place: the pieces to write one after the other; those with flags lie in `patches`.
struct ResultPieces {
    char patches[2][2];
    std::string_view pieces[6];
    std::size_t count = 0;
};
void cut_result(ResultPieces& out, const SharedDefinitions& definitions, const cache::Blob& blob,
                mysql::StatusFlags session) noexcept;

}  // namespace sabil::proxy::mysql_front
