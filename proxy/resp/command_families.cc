#include "proxy/resp/command_families.h"

namespace sabil::proxy::resp {

std::span<const CommandFamily> command_families() {
    static const CommandFamily families[] = {
        connection_commands(),
        function_commands(),
        script_commands(),
        string_commands(),
        string_number_commands(),
        string_many_commands(),
        string_range_commands(),
        string_lcs_commands(),
        string_compare_commands(),
        keys_commands(),
        keys_copy_commands(),
        expiry_commands(),
        object_commands(),
        sort_commands(),
        scan_commands(),
        hash_commands(),
        hash_number_commands(),
        hash_expiry_commands(),
        hash_extended_commands(),
        list_commands(),
        list_search_commands(),
        list_move_commands(),
        set_commands(),
        set_random_commands(),
        set_algebra_commands(),
        zset_commands(),
        zset_range_commands(),
        zset_store_commands(),
        zset_pop_commands(),
        bitmap_commands(),
        bitfield_commands(),
        geo_commands(),
        geo_search_commands(),
        stream_commands(),
        stream_read_commands(),
        stream_group_commands(),
        stream_claim_commands(),
        stream_pending_commands(),
        stream_info_commands(),
        hyperloglog_commands(),
    };
    return families;
}

}  // namespace sabil::proxy::resp
