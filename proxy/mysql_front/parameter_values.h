// The values of an execution as coherence wants them: typed literals.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "mysql/wire/capabilities.h"
#include "proxy/coherence/coherence.h"

namespace sabil::proxy::mysql_front {

// payload: COM_STMT_EXECUTE with its types, command byte included. Nothing where it cannot be read.
std::optional<std::vector<ParameterValue>> parameter_values(std::string_view payload, mysql::Capabilities capabilities,
                                                            std::uint16_t parameters);

}  // namespace sabil::proxy::mysql_front
