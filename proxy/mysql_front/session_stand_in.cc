// stale_if_error (RFC 5861): a result that has ended stands in where the server could not answer. Outside the guarantee, only
// where a rule asks for it, and counted as what it is.
#include <algorithm>
#include <array>

#include "proxy/mysql_front/session.h"

namespace sabil::proxy::mysql_front {
namespace {

// The server did not come to answer. All other errors are its judgement of the statement or of the account, and the
// client is to see them.
bool could_not_answer(std::uint16_t error) noexcept {
    constexpr std::array<std::uint16_t, 20> errors = {
        1021,  // ER_DISK_FULL
        1030,  // ER_GET_ERRNO: the storage engine's
        1037,  // ER_OUTOFMEMORY
        1038,  // ER_OUT_OF_SORTMEMORY
        1040,  // ER_CON_COUNT_ERROR
        1041,  // ER_OUT_OF_RESOURCES
        1053,  // ER_SERVER_SHUTDOWN
        1158,  // ER_NET_READ_ERROR
        1159,  // ER_NET_READ_INTERRUPTED
        1160,  // ER_NET_ERROR_ON_WRITE
        1161,  // ER_NET_WRITE_INTERRUPTED
        1194,  // ER_CRASHED_ON_USAGE
        1195,  // ER_CRASHED_ON_REPAIR
        1203,  // ER_TOO_MANY_USER_CONNECTIONS
        1205,  // ER_LOCK_WAIT_TIMEOUT
        1213,  // ER_LOCK_DEADLOCK
        1226,  // ER_USER_LIMIT_REACHED
        1927,  // ER_CONNECTION_KILLED: MariaDB's, also at its shutdown
        1969,  // ER_STATEMENT_TIMEOUT: MariaDB's
        3024,  // ER_QUERY_TIMEOUT: MySQL's
    };
    return std::binary_search(errors.begin(), errors.end(), error);
}

}  // namespace

// Where the connection to the server is lost, the client has this last answer, and then its connection ends too.
Task<Session::Step> Session::forward_or_stand_in(const Read& read, AnswerCopy* copy, const std::string& key) {
    std::string held;
    const auto step = co_await forward_statement(read, copy, &held);
    const bool lost = step == Step::lost;
    const bool failed = lost || (relay_.summary().failed && could_not_answer(relay_.summary().error_number));
    if (failed && !relay_.forwarded_anything()) {
        auto result = parts_.results.find_stand_in(key);
        if (result) {
            parts_.metrics.stale("error").add();
            const auto served = co_await serve_late(read, result);
            co_return lost ? Step::lost : served;
        }
    }
    if (lost) co_return Step::lost;
    co_return co_await client_.write(held) ? Step::lost : Step::next;
}

}  // namespace sabil::proxy::mysql_front
