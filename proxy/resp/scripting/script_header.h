// The first line of a script or library: `#!lua name=mylib flags=no-writes,allow-oom`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sabil::proxy::resp::scripting {

struct ScriptFlags {
    bool no_writes = false;
    bool allow_oom = false;
    bool allow_stale = false;
    bool no_cluster = false;
    bool allow_cross_slot_keys = false;
    // No header: as scripts were before there were flags.
    bool compatible = false;
};

// False where the name is unknown.
bool set_flag(ScriptFlags& flags, std::string_view name) noexcept;

struct ScriptHeader {
    bool present = false;
    std::string engine;
    std::string library;  // name=
    ScriptFlags flags;
    std::size_t bytes = 0;  // of the line, without its line break
    std::string error;      // without a code word; empty: well formed
};

// For EVAL: flags= only.
ScriptHeader read_script_header(std::string_view source);
// For FUNCTION LOAD: name= only, and it must be there.
ScriptHeader read_library_header(std::string_view source);

bool is_valid_name(std::string_view name) noexcept;

}  // namespace sabil::proxy::resp::scripting
