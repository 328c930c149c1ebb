#include "proxy/resp/scripting/sandbox.h"

#include "proxy/resp/scripting/lua_libraries.h"

#include <lua5.1/lua.hpp>

#include <climits>
#include <cstddef>
#include <initializer_list>
#include <string_view>

extern "C" {
int luaopen_cjson(lua_State* lua);
int luaopen_bit(lua_State* lua);
}

namespace sabil::proxy::resp::scripting {
namespace {

// Registry keys: their addresses are unique.
const char protected_tables = 0;
const char environment_meta = 0;
const char load_api = 0;
const char is_loading = 0;

int refuse_write(lua_State* lua) { return luaL_error(lua, "Attempt to modify a readonly table"); }

bool is_protected(lua_State* lua, int index) {
    lua_pushvalue(lua, index);
    lua_pushlightuserdata(lua, const_cast<char*>(&protected_tables));
    lua_rawget(lua, LUA_REGISTRYINDEX);
    lua_insert(lua, -2);
    lua_rawget(lua, -2);
    const bool found = !lua_isnil(lua, -1);
    lua_pop(lua, 2);
    return found;
}

void remember_protected(lua_State* lua, int index) {
    lua_pushvalue(lua, index);
    lua_pushlightuserdata(lua, const_cast<char*>(&protected_tables));
    lua_rawget(lua, LUA_REGISTRYINDEX);
    lua_insert(lua, -2);
    lua_pushboolean(lua, 1);
    lua_rawset(lua, -3);
    lua_pop(lua, 1);
}

// With a metatable at the top: what scripts see of it is a read-only table.
void hide_metatable(lua_State* lua) {
    lua_newtable(lua);
    lua_newtable(lua);
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    remember_protected(lua, lua_gettop(lua));
    lua_setfield(lua, -2, "__metatable");
}

int safe_setmetatable(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (is_protected(lua, 1)) return refuse_write(lua);
    const int type = lua_type(lua, 2);
    luaL_argcheck(lua, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
    if (luaL_getmetafield(lua, 1, "__metatable")) return luaL_error(lua, "cannot change a protected metatable");
    lua_settop(lua, 2);
    lua_setmetatable(lua, 1);
    return 1;
}

int safe_rawset(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_checkany(lua, 2);
    luaL_checkany(lua, 3);
    if (is_protected(lua, 1)) return refuse_write(lua);
    lua_settop(lua, 3);
    lua_rawset(lua, 1);
    return 1;
}

// unpack(list, from, to): its own count of values overflows where the bounds are far apart, and then it writes past the
// stack.
int safe_unpack(lua_State* lua) {
    constexpr long long most = 7999;
    luaL_checktype(lua, 1, LUA_TTABLE);
    const auto from = static_cast<long long>(luaL_optinteger(lua, 2, 1));
    const long long to = luaL_opt(lua, luaL_checkinteger, 3, static_cast<lua_Integer>(lua_objlen(lua, 1)));
    if (from > to) return 0;
    const long long count = to - from + 1;
    if (from < INT_MIN || to > INT_MAX || count > most || !lua_checkstack(lua, static_cast<int>(count))) {
        return luaL_error(lua, "too many results to unpack");
    }
    for (long long i = from; i <= to; ++i) lua_rawgeti(lua, 1, static_cast<int>(i));
    return static_cast<int>(count);
}

// bit.tohex(number, digits): the library writes past its buffer where the digits are the smallest integer.
int safe_tohex(lua_State* lua) {
    constexpr lua_Number digits_most = 8;
    lua_Number digits = luaL_optnumber(lua, 2, digits_most);
    digits = digits > digits_most ? digits_most : digits < -digits_most ? -digits_most : digits;
    lua_settop(lua, 1);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_pushnumber(lua, digits);
    lua_call(lua, 2, 1);
    return 1;
}

// Text only: Lua 5.1 does not verify bytecode, and crafted bytecode escapes the interpreter.
int load_text(lua_State* lua, const char* text, std::size_t size, const char* name) {
    if (size > 0 && text[0] == LUA_SIGNATURE[0]) {
        lua_pushnil(lua);
        lua_pushliteral(lua, "attempt to load bytecode");
        return 2;
    }
    if (luaL_loadbuffer(lua, text, size, name) != 0) {
        lua_pushnil(lua);
        lua_insert(lua, -2);
        return 2;
    }
    // The chunk runs in its caller's environment, not over the real globals.
    lua_Debug caller;
    if (lua_getstack(lua, 1, &caller) && lua_getinfo(lua, "f", &caller)) {
        lua_getfenv(lua, -1);
        lua_remove(lua, -2);
        lua_setfenv(lua, -2);
    }
    return 1;
}

int safe_loadstring(lua_State* lua) {
    std::size_t size = 0;
    const char* text = luaL_checklstring(lua, 1, &size);
    return load_text(lua, text, size, luaL_optstring(lua, 2, text));
}

// load(function): the pieces are gathered first.
int safe_load(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    const char* name = luaL_optstring(lua, 2, "=(load)");
    lua_pushliteral(lua, "");
    for (;;) {
        lua_pushvalue(lua, 1);
        lua_call(lua, 0, 1);
        if (lua_isnil(lua, -1)) break;
        if (!lua_isstring(lua, -1)) return luaL_error(lua, "reader function must return a string");
        if (lua_objlen(lua, -1) == 0) break;
        lua_concat(lua, 2);
    }
    lua_pop(lua, 1);
    std::size_t size = 0;
    const char* text = lua_tolstring(lua, -1, &size);
    return load_text(lua, text, size, name);
}

// pairs() of a read-only view goes over what it shows, without handing that out.
int next_of_view(lua_State* lua) {
    lua_settop(lua, 2);
    return lua_next(lua, lua_upvalueindex(1)) != 0 ? 2 : 0;
}

int safe_pairs(lua_State* lua) {
    luaL_checktype(lua, 1, LUA_TTABLE);
    if (is_protected(lua, 1) && luaL_getmetafield(lua, 1, "__index")) {
        if (lua_istable(lua, -1)) {
            lua_pushcclosure(lua, next_of_view, 1);
            lua_pushvalue(lua, 1);
            lua_pushnil(lua);
            return 3;
        }
        lua_pop(lua, 1);
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_pushvalue(lua, 1);
    lua_pushnil(lua);
    return 3;
}

bool push_registered(lua_State* lua, const char& key) {
    lua_pushlightuserdata(lua, const_cast<char*>(&key));
    lua_rawget(lua, LUA_REGISTRYINDEX);
    return lua_toboolean(lua, -1) != 0;
}

int refuse_global(lua_State* lua, const char* name) {
    return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", name);
}

int read_unknown_global(lua_State* lua) {
    const char* name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : luaL_typename(lua, 2);
    const std::string_view asked(name);
    if (asked != "_G" && push_registered(lua, is_loading)) {
        if (asked != "redis" && asked != "server") return refuse_global(lua, name);
        push_registered(lua, load_api);
        return 1;
    }
    if (std::string_view(name) == "_G") {
        // Not a field: it could be assigned.
        lua_settop(lua, 1);
        return 1;
    }
    lua_pushvalue(lua, 2);
    lua_rawget(lua, lua_upvalueindex(1));
    if (!lua_isnil(lua, -1)) return 1;
    return refuse_global(lua, name);
}

int read_unknown_field(lua_State* lua) {
    return refuse_global(lua, lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : luaL_typename(lua, 2));
}

void open_one(lua_State* lua, const char* name, lua_CFunction opener) {
    lua_pushcfunction(lua, opener);
    lua_pushstring(lua, name);
    lua_call(lua, 1, 0);
}

void add_library(lua_State* lua, const char* name, lua_CFunction opener) {
    lua_pushcfunction(lua, opener);
    lua_call(lua, 0, 1);
    lua_setglobal(lua, name);
}

void drop_field(lua_State* lua, const char* field) {
    lua_pushnil(lua);
    lua_setfield(lua, -2, field);
}

void replace_global(lua_State* lua, const char* name, lua_CFunction function) {
    lua_pushcfunction(lua, function);
    lua_setglobal(lua, name);
}

void keep_only_clock(lua_State* lua) {
    lua_getglobal(lua, "os");
    lua_newtable(lua);
    for (const char* field : {"clock"}) {
        lua_getfield(lua, -2, field);
        lua_setfield(lua, -2, field);
    }
    lua_setglobal(lua, "os");
    lua_pop(lua, 1);
}

void make_environment_meta(lua_State* lua) {
    lua_pushlightuserdata(lua, const_cast<char*>(&environment_meta));
    lua_newtable(lua);
    lua_pushvalue(lua, LUA_GLOBALSINDEX);
    lua_pushcclosure(lua, read_unknown_global, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    hide_metatable(lua);
    lua_rawset(lua, LUA_REGISTRYINDEX);
}

}  // namespace

void make_read_only(lua_State* lua) {
    lua_newtable(lua);
    lua_newtable(lua);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    hide_metatable(lua);
    lua_setmetatable(lua, -2);
    remember_protected(lua, lua_gettop(lua));
    lua_remove(lua, -2);
}

void open_safe_libraries(lua_State* lua) {
    lua_pushlightuserdata(lua, const_cast<char*>(&protected_tables));
    lua_newtable(lua);
    // Weak: environments are protected too, and last one run.
    lua_newtable(lua);
    lua_pushliteral(lua, "k");
    lua_setfield(lua, -2, "__mode");
    lua_setmetatable(lua, -2);
    lua_rawset(lua, LUA_REGISTRYINDEX);

    open_one(lua, "", luaopen_base);
    open_one(lua, LUA_TABLIBNAME, luaopen_table);
    open_one(lua, LUA_STRLIBNAME, luaopen_string);
    open_one(lua, LUA_MATHLIBNAME, luaopen_math);
    open_one(lua, LUA_OSLIBNAME, luaopen_os);
    open_one(lua, LUA_LOADLIBNAME, luaopen_package);
    add_library(lua, "cjson", luaopen_cjson);
    add_library(lua, "bit", luaopen_bit);
    add_library(lua, "struct", open_struct);
    add_library(lua, "cmsgpack", open_cmsgpack);
    keep_only_clock(lua);

    lua_pushvalue(lua, LUA_GLOBALSINDEX);
    for (const char* name : {"dofile", "loadfile", "print", "newproxy", "getfenv", "setfenv", "require", "module", "package"})
        drop_field(lua, name);
    lua_pop(lua, 1);
    replace_global(lua, "setmetatable", safe_setmetatable);
    replace_global(lua, "rawset", safe_rawset);
    replace_global(lua, "unpack", safe_unpack);
    replace_global(lua, "loadstring", safe_loadstring);
    replace_global(lua, "load", safe_load);

    lua_getglobal(lua, "next");
    lua_pushcclosure(lua, safe_pairs, 1);
    lua_setglobal(lua, "pairs");

    lua_getglobal(lua, "bit");
    lua_getfield(lua, -1, "tohex");
    lua_pushcclosure(lua, safe_tohex, 1);
    lua_setfield(lua, -2, "tohex");
    lua_pop(lua, 1);

    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    hide_metatable(lua);
    lua_pop(lua, 2);
    make_environment_meta(lua);
    for (const char* name : {"string", "table", "math", "os", "coroutine", "cjson", "bit", "struct", "cmsgpack"}) {
        lua_getglobal(lua, name);
        make_read_only(lua);
        lua_setglobal(lua, name);
    }
}

void set_load_api(lua_State* lua) {
    lua_newtable(lua);
    lua_pushcfunction(lua, read_unknown_field);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    make_read_only(lua);
    lua_pushlightuserdata(lua, const_cast<char*>(&load_api));
    lua_insert(lua, -2);
    lua_rawset(lua, LUA_REGISTRYINDEX);
}

void set_loading(lua_State* lua, bool loading) {
    lua_pushlightuserdata(lua, const_cast<char*>(&is_loading));
    lua_pushboolean(lua, loading ? 1 : 0);
    lua_rawset(lua, LUA_REGISTRYINDEX);
}

void push_closed_environment(lua_State* lua) {
    lua_newtable(lua);
    lua_pushlightuserdata(lua, const_cast<char*>(&environment_meta));
    lua_rawget(lua, LUA_REGISTRYINDEX);
    lua_setmetatable(lua, -2);
    remember_protected(lua, lua_gettop(lua));
}

}  // namespace sabil::proxy::resp::scripting
