#include "proxy/resp/command_families.h"

namespace sabil::proxy::resp {

std::span<const CommandFamily> command_families() {
    static const CommandFamily families[] = {
        connection_commands(),
        function_commands(),
        script_commands(),
    };
    return families;
}

}  // namespace sabil::proxy::resp
