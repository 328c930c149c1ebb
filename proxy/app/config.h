// The whole configuration, read and checked. Thread-safety: a value type.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cache/base/result.h"
#include "proxy/app/config_reader.h"
#include "proxy/net/address.h"
#include "proxy/readthrough/lookup.h"

namespace sabil::proxy::app {

enum class TlsUse : std::uint8_t { disabled, preferred, required, verify_identity };
enum class CoherenceWish : std::uint8_t { automatic, coherent, in_path, ttl };
enum class WriteAck : std::uint8_t { sent, applied };
enum class TransactionUse : std::uint8_t { bypass, until_write };
enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };

struct ListenConfig {
    std::vector<net::Address> resp;
    std::vector<net::Address> mysql;  // empty without [mysql]
    std::vector<net::Address> http;
    bool http_is_default = true;  // nobody asked for it: a taken port is no error
};

struct MysqlConfig {
    std::string host = "127.0.0.1";
    std::uint16_t port = 3306;
    std::string socket;  // wins over host and port
    std::string user;
    std::string password;
    std::string database;
    TlsUse tls = TlsUse::preferred;
    std::string ca;
    std::string cert;
    std::string key;
    std::size_t pool = 8;  // connections, 1..256
    std::string address() const { return socket.empty() ? host + ":" + std::to_string(port) : socket; }
};

struct CacheConfig {
    std::uint64_t maxmemory_bytes = 256ULL << 20;  // 0: no limit
    bool maxmemory_given = false;
    CoherenceWish coherence = CoherenceWish::automatic;
    std::chrono::milliseconds max_staleness{1000};
    std::optional<std::chrono::milliseconds> default_ttl;  // absent: 1 h in coherent mode, 60 s in weaker ones
    std::uint64_t max_result_bytes = 1ULL << 20;
    WriteAck write_ack = WriteAck::sent;
    TransactionUse transactions = TransactionUse::bypass;
    bool monotonic_reads = false;  // a session of the MySQL port never sees an older state than it has seen
    std::int64_t audit_one_in = 1000;  // hits per one that is asked of the database again and compared; 0: none
};

struct RuleConfig {
    std::string user = "*";
    std::string schema = "*";
    std::string table = "*";
    std::string query;  // regular expression; empty: any
    bool cache = true;
    std::chrono::milliseconds ttl{0};
    std::chrono::milliseconds stale_if_error{0};
    bool refresh = false;
    unsigned line = 0;
};

struct HttpConfig {
    std::string password;         // empty: only loopback is served the page and the API
    bool public_metrics = false;  // /metrics needs no password
};

struct LogConfig {
    LogLevel level = LogLevel::info;
    bool json = false;
    std::chrono::milliseconds slow{1000};  // statements of the MySQL port that took longer are logged; 0: none
};

// A parameter under its Redis name, in the order given; later ones win, `save` adds up.
using RedisParameters = std::vector<std::pair<std::string, std::string>>;

// `user NAME rule ...` of a redis.conf.
struct UserLine {
    std::string name;
    std::vector<std::string> rules;  // worded as for ACL SETUSER
    std::string place;               // file and line
};
using UserLines = std::vector<UserLine>;

struct Config {
    std::string file;  // empty where there is none
    ListenConfig listen;
    std::optional<MysqlConfig> mysql;
    CacheConfig cache;
    std::vector<readthrough::LookupConfig> lookups;
    std::vector<RuleConfig> rules;
    RedisParameters redis;
    UserLines users;
    HttpConfig http;
    LogConfig log;
    bool redis_mode = false;  // a drop-in redis-server: prints its start-up lines
};

using ConfigErrors = std::vector<std::string>;  // one sentence each, never empty where it is an error

// file: empty for none. Errors: every mistake of the file and of the overrides.
tl::expected<Config, ConfigErrors> load_config(const std::string& file, const Overrides& overrides);
// The same from text; name is for messages, relative password files are sought beside it.
tl::expected<Config, ConfigErrors> read_config(const std::string& text, const std::string& name,
                                               const Overrides& overrides);

inline constexpr std::size_t max_config_bytes = 4U << 20;
inline constexpr std::size_t max_lookups = 10'000;
inline constexpr std::size_t max_rules = 10'000;

// The whole file. Errors: not_found, io, out_of_range past limit_bytes; the message names the file.
Result<std::string> read_file(const std::string& path, std::size_t limit_bytes);

}  // namespace sabil::proxy::app
