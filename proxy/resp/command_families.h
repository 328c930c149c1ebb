// The one list of command families. To add a family: declare its function here and name it in command_families.cc.
#pragma once

#include "proxy/resp/command_spec.h"

#include <span>

namespace sabil::proxy::resp {

CommandFamily acl_commands();
CommandFamily bitfield_commands();
CommandFamily bitmap_commands();
CommandFamily client_commands();
CommandFamily command_commands();
CommandFamily config_commands();
CommandFamily connection_commands();
CommandFamily debug_commands();
CommandFamily expiry_commands();
CommandFamily function_commands();
CommandFamily geo_commands();
CommandFamily geo_search_commands();
CommandFamily hash_commands();
CommandFamily hash_expiry_commands();
CommandFamily hash_extended_commands();
CommandFamily hash_number_commands();
CommandFamily hyperloglog_commands();
CommandFamily info_commands();
CommandFamily keys_commands();
CommandFamily keys_copy_commands();
CommandFamily latency_commands();
CommandFamily list_commands();
CommandFamily list_move_commands();
CommandFamily list_search_commands();
CommandFamily memory_commands();
CommandFamily object_commands();
CommandFamily dump_commands();
CommandFamily pubsub_commands();
CommandFamily replication_commands();
CommandFamily sabil_commands();
CommandFamily scan_commands();
CommandFamily script_commands();
CommandFamily server_commands();
CommandFamily set_algebra_commands();
CommandFamily set_commands();
CommandFamily set_random_commands();
CommandFamily slowlog_commands();
CommandFamily sort_commands();
CommandFamily stream_claim_commands();
CommandFamily stream_commands();
CommandFamily stream_group_commands();
CommandFamily stream_info_commands();
CommandFamily stream_release_commands();
CommandFamily stream_pending_commands();
CommandFamily stream_read_commands();
CommandFamily string_commands();
CommandFamily string_compare_commands();
CommandFamily string_lcs_commands();
CommandFamily string_many_commands();
CommandFamily string_number_commands();
CommandFamily string_range_commands();
CommandFamily transaction_commands();
CommandFamily zset_commands();
CommandFamily zset_pop_commands();
CommandFamily zset_range_commands();
CommandFamily zset_store_commands();

// All families. Thread-safety: constant.
std::span<const CommandFamily> command_families();

}  // namespace sabil::proxy::resp
