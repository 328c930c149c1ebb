// The closed environment: read-only tables, and Lua's own functions without those that reach outside.
#pragma once

struct lua_State;

namespace sabil::proxy::resp::scripting {

// Replaces the table at the top of the stack by a read-only view of it.
void make_read_only(lua_State* lua);
// Opens Lua's libraries and the scripts' own, read-only, as globals; takes away what reaches outside.
void open_safe_libraries(lua_State* lua);
// Pushes a fresh environment over the globals: reading an unknown global and writing any are errors.
// While a library is loaded, its `redis` is this table (taken from the top), and there is nothing else.
void set_load_api(lua_State* lua);
void set_loading(lua_State* lua, bool loading);

void push_closed_environment(lua_State* lua);

}  // namespace sabil::proxy::resp::scripting
