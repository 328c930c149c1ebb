// Parameters of memory, encodings, expiry and eviction.
#include "cache/eviction/policy_name.h"
#include "proxy/resp/config_parameter_groups.h"
#include "proxy/resp/config_rows.h"
#include "proxy/resp/server_state.h"

namespace sabil::proxy::resp {
namespace {

using namespace config_rows;
using cache::EncodingLimits;
using cache::KeyspaceTunables;

// Stores the number in one of the keyspace's tunables.
template <auto member>
Result<void> tune(ServerState& server, const ParameterValue& value) {
    auto& tunable = server.keyspace.tunables().*member;
    tunable = static_cast<std::decay_t<decltype(tunable + 0)>>(value.number);
    return {};
}

template <auto member>
Result<void> encode(ServerState& server, const ParameterValue& value) {
    auto& tunable = server.keyspace.tunables().encodings.*member;
    using Number = std::decay_t<decltype(tunable + 0)>;
    tunable = static_cast<Number>(std::min<std::int64_t>(value.number, std::numeric_limits<Number>::max()));
    return {};
}

Result<void> set_policy(ServerState& server, const ParameterValue& value) {
    auto policy = cache::parse_eviction_policy(value.text);
    if (!policy) return fail(ErrorCode::invalid, "unknown eviction policy");
    server.keyspace.tunables().maxmemory_policy = *policy;
    return {};
}

Result<void> set_tracking_limit(ServerState& server, const ParameterValue& value) {
    server.tracking.set_max_keys(static_cast<std::size_t>(value.number));
    return {};
}

constexpr std::string_view policies[] = {"volatile-lru",    "volatile-lfu", "volatile-random", "volatile-ttl",
                                         "allkeys-lru",     "allkeys-lfu",  "allkeys-random",  "noeviction"};
constexpr std::string_view sanitize_choices[] = {"no", "yes", "clients"};

constexpr Parameter rows[] = {
    size("maxmemory", "0", tune<&KeyspaceTunables::maxmemory_bytes>),
    one_of("maxmemory-policy", "noeviction", policies, set_policy),
    number("maxmemory-samples", "5", 1, 64, tune<&KeyspaceTunables::maxmemory_samples>),
    number("maxmemory-eviction-tenacity", "10", 0, 100),
    number("lfu-log-factor", "10", 0, int_max, tune<&KeyspaceTunables::lfu_log_factor>),
    number("lfu-decay-time", "1", 0, int_max, tune<&KeyspaceTunables::lfu_decay_minutes>),
    number("active-expire-effort", "1", 1, 10),
    number("hash-max-listpack-entries", "512", 0, long_max, encode<&EncodingLimits::hash_max_listpack_entries>, 0,
           "hash-max-ziplist-entries"),
    size("hash-max-listpack-value", "64", encode<&EncodingLimits::hash_max_listpack_value>, 0, 0, long_max,
         "hash-max-ziplist-value"),
    number("set-max-intset-entries", "512", 0, long_max, encode<&EncodingLimits::set_max_intset_entries>),
    number("set-max-listpack-entries", "128", 0, long_max, encode<&EncodingLimits::set_max_listpack_entries>),
    size("set-max-listpack-value", "64", encode<&EncodingLimits::set_max_listpack_value>),
    number("zset-max-listpack-entries", "128", 0, long_max, encode<&EncodingLimits::zset_max_listpack_entries>, 0,
           "zset-max-ziplist-entries"),
    size("zset-max-listpack-value", "64", encode<&EncodingLimits::zset_max_listpack_value>, 0, 0, long_max,
         "zset-max-ziplist-value"),
    number("list-max-listpack-size", "-2", std::numeric_limits<std::int32_t>::min(), int_max,
           encode<&EncodingLimits::list_max_listpack_size>, 0, "list-max-ziplist-size"),
    number("list-compress-depth", "0", 0, int_max),
    size("stream-node-max-bytes", "4096", encode<&EncodingLimits::stream_node_max_bytes>),
    number("stream-node-max-entries", "100", 0, long_max, encode<&EncodingLimits::stream_node_max_entries>),
    size("hll-sparse-max-bytes", "3000", encode<&EncodingLimits::hll_sparse_max_bytes>),
    yes_no("lazyfree-lazy-eviction", false),
    yes_no("lazyfree-lazy-expire", false),
    yes_no("lazyfree-lazy-server-del", false),
    yes_no("lazyfree-lazy-user-del", false),
    yes_no("lazyfree-lazy-user-flush", false),
    yes_no("activerehashing", true),
    yes_no("activedefrag", false, tune<&KeyspaceTunables::active_defragmentation>),
    number("active-defrag-cycle-min", "1", 1, 99),
    number("active-defrag-cycle-max", "25", 1, 99, tune<&KeyspaceTunables::defragment_cpu_percent>),
    number("active-defrag-threshold-lower", "10", 0, 1000, tune<&KeyspaceTunables::defragment_above_percent>),
    number("active-defrag-threshold-upper", "100", 0, 1000),
    number("active-defrag-max-scan-fields", "1000", 1, long_max),
    size("active-defrag-ignore-bytes", "100mb", tune<&KeyspaceTunables::defragment_ignore_bytes>, 0, 1),
    yes_no("jemalloc-bg-thread", true),
    number("tracking-table-max-keys", "1000000", 0, long_max, set_tracking_limit),
    number("databases", "16", 1, int_max, nullptr, parameter_flag::immutable),
    one_of("sanitize-dump-payload", "no", sanitize_choices),
};

}  // namespace

std::span<const Parameter> data_parameters() { return rows; }

}  // namespace sabil::proxy::resp
