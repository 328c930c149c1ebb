// The libraries that scripts expect beside Lua's own: cjson and bit come from Debian's packages, struct and cmsgpack
// are ours. Each opener leaves the library's table on the stack, as Lua's luaopen_ functions do, and sets no global.
#pragma once

struct lua_State;

namespace sabil::proxy::resp::scripting {

// struct.pack(format, ...), struct.unpack(format, bytes [, position]), struct.size(format): fixed binary layouts.
int open_struct(lua_State* lua);
// cmsgpack.pack(...), cmsgpack.unpack(bytes), unpack_one(bytes [, offset]), unpack_limit(bytes, limit [, offset]).
int open_cmsgpack(lua_State* lua);

}  // namespace sabil::proxy::resp::scripting
