#include "proxy/resp/config_parameter_groups.h"

#include "proxy/resp/config_rows.h"
#include "proxy/resp/server_state.h"

namespace sabil::proxy::resp {

std::span<const std::span<const Parameter>> parameter_groups() {
    static const std::span<const Parameter> groups[] = {
        data_parameters(),    client_parameters(),      persistence_parameters(),
        process_parameters(), replication_parameters(), newer_parameters(),
    };
    return groups;
}

Result<void> config_rows::tell(ServerState& server, std::string_view name, const ParameterValue& value) {
    if (!server.services.on_parameter) return {};
    return server.services.on_parameter(name, value.text);
}

}  // namespace sabil::proxy::resp
