// What the MySQL port is configured with.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/net/address.h"

namespace sabil::proxy {
class Auditor;
}

namespace sabil::proxy::mysql_front {

enum class BackendTls : std::uint8_t { disabled, preferred, required, verify_identity };
enum class WriteAck : std::uint8_t { sent, applied };
enum class Transactions : std::uint8_t { bypass, until_write };

// One [[rule]]: every condition that is not empty must match; the first rule that matches decides.
struct RuleOptions {
    std::string user;    // glob (* and ?) over the account's user name
    std::string schema;  // glob over the default schema
    std::string table;   // glob over table names read, "table" or "schema.table"
    std::string query;   // regular expression (ECMAScript), searched in the first rule_text_bytes_max bytes of the text
    bool cache = true;
    std::optional<std::chrono::milliseconds> ttl;
    std::optional<std::chrono::milliseconds> stale_if_error;  // how long after its end an entry may stand in for errors
    bool refresh = false;    // results are refilled right after a change, see Refills
};
inline constexpr std::size_t rule_text_bytes_max = 2048;

struct BackendOptions {
    net::Address address;               // of the server
    BackendTls tls = BackendTls::preferred;
    std::string ca, cert, key;          // PEM files; empty: none
};

struct FrontTlsOptions {
    bool enabled = true;
    std::string cert, key;   // PEM files. Both empty: a self-signed pair, kept in `folder` from the first start on
    std::string folder;      // empty: the pair lives as long as the process
};

struct MysqlFrontOptions {
    std::vector<net::Address> listen;
    BackendOptions backend;
    FrontTlsOptions tls;
    std::vector<RuleOptions> rules;

    std::size_t max_result_bytes = 1U << 20;           // larger results are passed through, never stored
    std::chrono::milliseconds default_ttl{3'600'000};  // 0: no time limit
    std::chrono::milliseconds max_staleness{1000};
    WriteAck write_ack = WriteAck::sent;
    std::chrono::milliseconds write_ack_limit{2000};   // an OK is held no longer than this
    Transactions transactions = Transactions::bypass;
    bool monotonic_reads = false;  // after an answer of the server, none from memory that could be older
    Auditor* auditor = nullptr;    // null: no hit is audited; outlives the port

    std::chrono::milliseconds connect_limit{5000};     // to reach the server
    std::chrono::milliseconds login_limit{30000};      // from accept to the end of the login
    std::chrono::milliseconds client_write_limit{60000};  // a client that takes nothing for so long is closed
    std::chrono::milliseconds flight_wait_limit{1000};    // how long a miss waits for another's fill of the same key
    // How long a miss waits where as many fills are under way as may be; then it goes past the cache.
    std::chrono::milliseconds fill_slot_wait_limit{250};
    std::size_t connections_count_max = 20000;
};

}  // namespace sabil::proxy::mysql_front
