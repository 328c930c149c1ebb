#include "proxy/resp/scripting/interpreter.h"

#include "proxy/resp/reply.h"
#include "proxy/resp/scripting/conversion.h"
#include "proxy/resp/scripting/redis_api.h"
#include "proxy/resp/scripting/sandbox.h"

#include <lua5.1/lua.hpp>

#include <atomic>
#include <cstdlib>
#include <random>
#include <stdexcept>

namespace sabil::proxy::resp::scripting {
namespace {

const char interpreter_key = 0;
constexpr int instructions_between_checks = 10000;

void* allocate(void* opaque, void* old, std::size_t old_size, std::size_t new_size) {
    auto& memory = *static_cast<Interpreter::Memory*>(opaque);
    if (old == nullptr) old_size = 0;
    if (new_size == 0) {
        std::free(old);
        memory.used -= old_size;
        return nullptr;
    }
    if (new_size > old_size && memory.used - old_size + new_size > memory.limit) return nullptr;
    void* fresh = std::realloc(old, new_size);
    if (fresh != nullptr) memory.used += new_size - old_size;
    return fresh;
}

// Makes of whatever was raised a table {err=, source=, line=}: where in the script it happened.
int on_error(lua_State* lua) {
    lua_Debug where = {};
    bool known = lua_getstack(lua, 1, &where) != 0 && lua_getinfo(lua, "nSl", &where) != 0;
    if (known && where.what[0] == 'C') known = lua_getstack(lua, 2, &where) != 0 && lua_getinfo(lua, "nSl", &where) != 0;
    if (!lua_istable(lua, 1)) {
        std::size_t size = 0;
        const char* text = lua_tolstring(lua, 1, &size);
        lua_createtable(lua, 0, 3);
        lua_pushliteral(lua, "ERR ");
        if (text != nullptr) lua_pushlstring(lua, text, size);
        else lua_pushstring(lua, luaL_typename(lua, 1));
        lua_concat(lua, 2);
        lua_setfield(lua, -2, "err");
        lua_replace(lua, 1);
    }
    lua_settop(lua, 1);
    if (known) {
        lua_pushstring(lua, where.source);
        lua_setfield(lua, 1, "source");
        lua_pushinteger(lua, where.currentline);
        lua_setfield(lua, 1, "line");
    }
    return 1;
}

// A little work now and then keeps garbage from waiting for one long pause.
void collect_now_and_then(lua_State* lua) {
    constexpr unsigned uses_between_steps = 50;
    constexpr int step_size = 50;
    static std::atomic<unsigned> uses{0};
    if (uses.fetch_add(1, std::memory_order_relaxed) % uses_between_steps == 0) lua_gc(lua, LUA_GCSTEP, step_size);
}

std::string field_text(lua_State* lua, const char* name) {
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
    std::size_t size = 0;
    const char* text = lua_tolstring(lua, -1, &size);
    std::string found = text == nullptr ? std::string() : std::string(text, size);
    lua_pop(lua, 1);
    return found;
}

}  // namespace

Interpreter::Interpreter(std::size_t limit_bytes) {
    memory_.limit = limit_bytes;
    lua_ = lua_newstate(allocate, &memory_);
    if (lua_ == nullptr) throw std::runtime_error("no memory for the script interpreter");
    lua_pushlightuserdata(lua_, const_cast<char*>(&interpreter_key));
    lua_pushlightuserdata(lua_, this);
    lua_rawset(lua_, LUA_REGISTRYINDEX);
    std::random_device seed;
    random_state_[1] = static_cast<unsigned short>(seed());
    random_state_[2] = static_cast<unsigned short>(seed());
    open_safe_libraries(lua_);
    open_redis_api(lua_);
}

Interpreter::~Interpreter() { lua_close(lua_); }

Interpreter& Interpreter::of(lua_State* lua) {
    lua_pushlightuserdata(lua, const_cast<char*>(&interpreter_key));
    lua_rawget(lua, LUA_REGISTRYINDEX);
    auto* found = static_cast<Interpreter*>(lua_touserdata(lua, -1));
    lua_pop(lua, 1);
    return *found;
}

Interpreter::Compiled Interpreter::compile(std::string_view source, const char* chunk_name) {
    if (!source.empty() && source.front() == LUA_SIGNATURE[0]) return {0, "bytecode is not allowed"};
    if (luaL_loadbuffer(lua_, source.data(), source.size(), chunk_name) != 0) {
        Compiled failed{0, lua_tostring(lua_, -1)};
        lua_pop(lua_, 1);
        return failed;
    }
    const int reference = luaL_ref(lua_, LUA_REGISTRYINDEX);
    collect_now_and_then(lua_);
    return {reference, {}};
}

void Interpreter::forget(int reference) { luaL_unref(lua_, LUA_REGISTRYINDEX, reference); }

void Interpreter::push_array(Args values) {
    lua_createtable(lua_, static_cast<int>(values.size()), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
        lua_pushlstring(lua_, values[i].data(), values[i].size());
        lua_rawseti(lua_, -2, static_cast<int>(i) + 1);
    }
}

void Interpreter::on_count(lua_State* lua, lua_Debug*) {
    auto* running = of(lua).running_;
    if (running == nullptr) return;
    if (running->stopped.empty()) running->stopped = running->host->stop_reason();
    if (running->stopped.empty()) return;
    // From now on at every instruction, so that no pcall of the script survives it.
    lua_sethook(lua, on_count, LUA_MASKCOUNT, 1);
    luaL_error(lua, "%s", running->stopped.c_str());
}

void Interpreter::run_script(int reference, std::string_view name, Args keys, Args arguments, ScriptHost& host,
                             Reply& reply) {
    Running running{.host = &host, .resp_version = 2, .registering = nullptr, .stopped = {}};
    running_ = &running;
    lua_pushcfunction(lua_, on_error);
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, reference);
    push_closed_environment(lua_);
    lua_pushliteral(lua_, "KEYS");
    push_array(keys);
    lua_rawset(lua_, -3);
    lua_pushliteral(lua_, "ARGV");
    push_array(arguments);
    lua_rawset(lua_, -3);
    lua_setfenv(lua_, -2);
    lua_sethook(lua_, on_count, LUA_MASKCOUNT, instructions_between_checks);
    finish(lua_pcall(lua_, 0, 1, -2), name, reply);
}

void Interpreter::run_function(int reference, std::string_view name, Args keys, Args arguments, ScriptHost& host,
                               Reply& reply) {
    Running running{.host = &host, .resp_version = 2, .registering = nullptr, .stopped = {}};
    running_ = &running;
    lua_pushcfunction(lua_, on_error);
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, reference);
    push_array(keys);
    push_array(arguments);
    lua_sethook(lua_, on_count, LUA_MASKCOUNT, instructions_between_checks);
    finish(lua_pcall(lua_, 2, 1, -4), name, reply);
}

void Interpreter::finish(int status, std::string_view name, Reply& reply) {
    lua_sethook(lua_, nullptr, 0, 0);
    const int version = running_->resp_version;
    running_ = nullptr;
    if (status == 0) {
        write_reply(lua_, reply, version);
    } else {
        std::string message;
        if (lua_istable(lua_, -1)) {
            message = field_text(lua_, "err");
            const std::string source = field_text(lua_, "source");
            const std::string line = field_text(lua_, "line");
            if (message.empty()) message = "ERR unknown error";
            if (!source.empty() && !line.empty())
                message.append(" script: ").append(name).append(", on ").append(source).append(":").append(line).append(".");
        } else {
            message = "ERR Error running script " + std::string(name) + ", " +
                      (lua_isstring(lua_, -1) ? lua_tostring(lua_, -1) : "execution failure");
        }
        reply.error(message);
        lua_pop(lua_, 1);
    }
    lua_settop(lua_, 0);
    collect_now_and_then(lua_);
}

Interpreter::Library Interpreter::load_library(std::string_view source, ScriptHost& host) {
    Library library;
    auto compiled = compile(source, "@user_function");
    if (!compiled.error.empty()) {
        library.error = "Error compiling function: " + compiled.error;
        return library;
    }
    Running running{.host = &host, .resp_version = 2, .registering = &library.functions, .stopped = {}};
    running_ = &running;
    lua_pushcfunction(lua_, on_error);
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, compiled.reference);
    push_closed_environment(lua_);
    lua_setfenv(lua_, -2);
    lua_sethook(lua_, on_count, LUA_MASKCOUNT, instructions_between_checks);
    set_loading(lua_, true);
    const int status = lua_pcall(lua_, 0, 0, -2);
    set_loading(lua_, false);
    lua_sethook(lua_, nullptr, 0, 0);
    running_ = nullptr;
    if (status != 0) {
        const std::string text = lua_istable(lua_, -1) ? field_text(lua_, "err") : std::string("execution failure");
        library.error = "Error registering functions: " + text;
        for (const auto& function : library.functions) forget(function.reference);
        library.functions.clear();
    }
    forget(compiled.reference);
    lua_settop(lua_, 0);
    collect_now_and_then(lua_);
    return library;
}

}  // namespace sabil::proxy::resp::scripting
