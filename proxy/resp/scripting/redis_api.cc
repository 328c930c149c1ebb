#include "proxy/resp/scripting/redis_api.h"

#include "proxy/resp/scripting/conversion.h"
#include "proxy/resp/scripting/interpreter.h"
#include "proxy/resp/scripting/sandbox.h"

#include <lua5.1/lua.hpp>
#include <openssl/evp.h>

#include <cmath>
#include <span>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp::scripting {

// Pushes {err = "CODE text"}: a text that begins with '-' brings its own code word, any other gets ERR.
static void push_error(lua_State* lua, std::string_view text) {
    std::string whole;
    if (!text.empty() && text.front() == '-') {
        text.remove_prefix(1);
        whole = text.find(' ') == std::string_view::npos ? "ERR " : "";
    } else {
        whole = "ERR ";
    }
    whole += text;
    while (!whole.empty() && (whole.back() == '\n' || whole.back() == '\r')) whole.pop_back();
    lua_createtable(lua, 0, 1);
    lua_pushlstring(lua, whole.data(), whole.size());
    lua_setfield(lua, -2, "err");
}

// Gives the interpreter's inside to the functions below.
struct RedisApi {
    static Interpreter::Running* running(lua_State* lua) { return Interpreter::of(lua).running_; }
    static OutputBuffer& buffer(lua_State* lua) { return Interpreter::of(lua).call_buffer_; }
    static unsigned short* random_state(lua_State* lua) { return Interpreter::of(lua).random_state_; }
};

namespace {

int raise_or_return(lua_State* lua, bool raise) { return raise ? lua_error(lua) : 1; }

std::string_view text_of(lua_State* lua, int index) {
    std::size_t size = 0;
    const char* text = lua_tolstring(lua, index, &size);
    return {text == nullptr ? "" : text, size};
}

// The arguments as the command gets them; empty where one is neither text nor number.
bool collect(lua_State* lua, std::vector<std::string>& numbers, std::vector<std::string_view>& args) {
    const int count = lua_gettop(lua);
    numbers.reserve(static_cast<std::size_t>(count));
    args.reserve(static_cast<std::size_t>(count));
    for (int i = 1; i <= count; ++i) {
        const int type = lua_type(lua, i);
        if (type == LUA_TSTRING) {
            args.push_back(text_of(lua, i));
        } else if (type == LUA_TNUMBER) {
            const double number = lua_tonumber(lua, i);
            char text[64];
            const bool whole = std::floor(number) == number && std::fabs(number) < 1e17;
            const int n = whole ? std::snprintf(text, sizeof text, "%lld", static_cast<long long>(number))
                                : std::snprintf(text, sizeof text, "%.17g", number);
            args.push_back(numbers.emplace_back(text, static_cast<std::size_t>(n)));
        } else {
            return false;
        }
    }
    return true;
}

int call(lua_State* lua, bool raise) {
    auto* running = RedisApi::running(lua);
    // While a library loads there is no data to work on.
    if (running == nullptr || running->registering != nullptr)
        return luaL_error(lua, "Script attempted to access nonexistent global variable '%s'", raise ? "call" : "pcall");
    if (lua_gettop(lua) == 0) {
        push_error(lua, "Please specify at least one argument for this redis.call() call");
        return raise_or_return(lua, raise);
    }
    bool is_error = false;
    {
        std::vector<std::string> numbers;
        std::vector<std::string_view> args;
        if (collect(lua, numbers, args)) {
            auto& out = RedisApi::buffer(lua);
            out.clear();
            running->host->call(args, out, running->resp_version);
            is_error = !out.empty() && out.view().front() == '-';
            // Thousands of arguments may fill the interpreter's stack: they make room for the reply.
            lua_settop(lua, 0);
            push_reply(lua, out.view(), running->resp_version);
        } else {
            is_error = true;
            push_error(lua, "Lua redis lib command arguments must be strings or integers");
        }
    }
    return raise_or_return(lua, raise && is_error);
}

int redis_call(lua_State* lua) { return call(lua, true); }
int redis_pcall(lua_State* lua) { return call(lua, false); }

int redis_error_reply(lua_State* lua) {
    if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
        push_error(lua, "wrong number or type of arguments");
        return 1;
    }
    const std::string text(text_of(lua, 1));
    push_error(lua, text.empty() || text.front() != '-' ? "-" + text : text);
    return 1;
}

int redis_status_reply(lua_State* lua) {
    if (lua_gettop(lua) != 1 || lua_type(lua, 1) != LUA_TSTRING) {
        push_error(lua, "wrong number or type of arguments");
        return 1;
    }
    lua_createtable(lua, 0, 1);
    lua_pushvalue(lua, 1);
    lua_setfield(lua, -2, "ok");
    return 1;
}

int redis_sha1hex(lua_State* lua) {
    if (lua_gettop(lua) != 1) {
        push_error(lua, "wrong number of arguments");
        return lua_error(lua);
    }
    const auto text = text_of(lua, 1);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    for (unsigned i = 0; i < size; ++i) std::snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    lua_pushlstring(lua, hex, 2 * size);
    return 1;
}

int redis_log(lua_State* lua) {
    if (lua_gettop(lua) < 2) {
        push_error(lua, "redis.log() requires two arguments or more.");
        return lua_error(lua);
    }
    if (lua_type(lua, 1) != LUA_TNUMBER) {
        push_error(lua, "First argument must be a number (log level).");
        return lua_error(lua);
    }
    const auto level = lua_tointeger(lua, 1);
    if (level < 0 || level > 3) {
        push_error(lua, "Invalid log level.");
        return lua_error(lua);
    }
    std::string text;
    for (int i = 2; i <= lua_gettop(lua); ++i) {
        if (i > 2) text += ' ';
        text += text_of(lua, i);
    }
    if (auto* running = RedisApi::running(lua)) running->host->log(static_cast<LogLevel>(level), text);
    return 0;
}

int redis_setresp(lua_State* lua) {
    if (lua_gettop(lua) != 1) {
        push_error(lua, "redis.setresp() requires one argument.");
        return lua_error(lua);
    }
    const auto version = lua_tonumber(lua, 1);
    if (version != 2 && version != 3) {
        push_error(lua, "RESP version must be 2 or 3.");
        return lua_error(lua);
    }
    if (auto* running = RedisApi::running(lua)) running->resp_version = static_cast<int>(version);
    return 0;
}

int redis_set_repl(lua_State* lua) {
    if (lua_gettop(lua) != 1) {
        push_error(lua, "redis.set_repl() requires one argument.");
        return lua_error(lua);
    }
    const auto flags = static_cast<long>(lua_tonumber(lua, 1));
    if ((flags & ~3L) != 0) {
        push_error(lua, "Invalid replication flags. Please use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
        return lua_error(lua);
    }
    return 0;
}

int redis_true(lua_State* lua) {
    lua_pushboolean(lua, 1);
    return 1;
}

int redis_breakpoint(lua_State* lua) {
    lua_pushboolean(lua, 0);  // no debugger is attached
    return 1;
}

int redis_nothing(lua_State*) { return 0; }

int redis_acl_check_cmd(lua_State* lua) {
    auto* running = RedisApi::running(lua);
    if (lua_gettop(lua) == 0) {
        push_error(lua, "Please specify at least one argument for this redis.acl_check_cmd() call");
        return lua_error(lua);
    }
    std::optional<bool> permitted;
    bool are_text = false;
    {
        std::vector<std::string> numbers;
        std::vector<std::string_view> args;
        are_text = collect(lua, numbers, args);
        if (are_text && running != nullptr) permitted = running->host->permits(args);
    }
    if (!are_text || !permitted) {
        push_error(lua, are_text ? "Invalid command passed to redis.acl_check_cmd()"
                                 : "Lua redis lib command arguments must be strings or integers");
        return lua_error(lua);
    }
    lua_pushboolean(lua, *permitted);
    return 1;
}

bool is_name(std::string_view name) {
    return !name.empty() &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
}

// The flags in the table at the top. An empty text: all are known.
const char* read_flags(lua_State* lua, std::vector<std::string>& flags) {
    for (int i = 1;; ++i) {
        lua_rawgeti(lua, -1, i);
        if (lua_isnil(lua, -1)) break;
        if (lua_type(lua, -1) != LUA_TSTRING) return "unknown flag given";
        const auto flag = text_of(lua, -1);
        if (flag != "no-writes" && flag != "allow-oom" && flag != "allow-stale" && flag != "no-cluster" &&
            flag != "allow-cross-slot-keys")
            return "unknown flag given";
        flags.emplace_back(flag);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return "";
}

// register_function{function_name=, callback=, flags=, description=}: reads the table at 1.
const char* read_named(lua_State* lua, RegisteredFunction& function) {
    bool has_callback = false;
    lua_pushnil(lua);
    while (lua_next(lua, 1) != 0) {
        if (lua_type(lua, -2) != LUA_TSTRING) return "named argument key given to redis.register_function is not a string";
        const auto key = text_of(lua, -2);
        if (key == "function_name") {
            if (lua_type(lua, -1) != LUA_TSTRING) return "function_name argument given to redis.register_function must be a string";
            function.name = text_of(lua, -1);
        } else if (key == "description") {
            if (lua_type(lua, -1) != LUA_TSTRING) return "description argument given to redis.register_function must be a string";
            function.description = text_of(lua, -1);
            function.has_description = true;
        } else if (key == "callback") {
            if (lua_type(lua, -1) != LUA_TFUNCTION) return "callback argument given to redis.register_function must be a function";
            lua_pushvalue(lua, -1);
            function.reference = luaL_ref(lua, LUA_REGISTRYINDEX);
            has_callback = true;
        } else if (key == "flags") {
            if (lua_type(lua, -1) != LUA_TTABLE) return "flags argument to redis.register_function must be a table representing function flags";
            if (const char* wrong = read_flags(lua, function.flags); *wrong != '\0') return wrong;
        } else {
            return "unknown argument given to redis.register_function";
        }
        lua_pop(lua, 1);
    }
    if (function.name.empty()) return "redis.register_function must get a function name argument";
    return has_callback ? "" : "redis.register_function must get a callback argument";
}

const char* read_positional(lua_State* lua, RegisteredFunction& function) {
    if (lua_gettop(lua) == 1)
        return "calling redis.register_function with a single argument is only applicable to Lua table (representing "
               "named arguments).";
    if (lua_gettop(lua) != 2) return "wrong number of arguments to redis.register_function";
    if (lua_type(lua, 1) != LUA_TSTRING) return "first argument to redis.register_function must be a string";
    if (lua_type(lua, 2) != LUA_TFUNCTION) return "second argument to redis.register_function must be a function";
    function.name = text_of(lua, 1);
    lua_pushvalue(lua, 2);
    function.reference = luaL_ref(lua, LUA_REGISTRYINDEX);
    return "";
}

int redis_register_function(lua_State* lua) {
    auto* running = RedisApi::running(lua);
    if (running == nullptr || running->registering == nullptr) {
        push_error(lua, "redis.register_function can only be called on FUNCTION LOAD command");
        return lua_error(lua);
    }
    const char* wrong = "";
    {
        RegisteredFunction function;
        wrong = lua_gettop(lua) == 1 && lua_istable(lua, 1) ? read_named(lua, function) : read_positional(lua, function);
        if (*wrong == '\0' && !is_name(function.name))
            wrong = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";
        for (const auto& other : *running->registering)
            if (*wrong == '\0' && other.name == function.name) wrong = "Function already exists in the library";
        if (*wrong == '\0') running->registering->push_back(std::move(function));
        else if (function.reference != 0) luaL_unref(lua, LUA_REGISTRYINDEX, function.reference);
    }
    if (*wrong == '\0') return 0;
    push_error(lua, wrong);
    return lua_error(lua);
}

// math.random and math.randomseed with a state of our own: a script cannot disturb the process's.
int math_random(lua_State* lua) {
    const double r = erand48(RedisApi::random_state(lua));
    switch (lua_gettop(lua)) {
        case 0: lua_pushnumber(lua, r); return 1;
        case 1: {
            const auto high = luaL_checkinteger(lua, 1);
            luaL_argcheck(lua, high >= 1, 1, "interval is empty");
            lua_pushnumber(lua, std::floor(r * static_cast<double>(high)) + 1);
            return 1;
        }
        case 2: {
            const auto low = luaL_checkinteger(lua, 1);
            const auto high = luaL_checkinteger(lua, 2);
            luaL_argcheck(lua, low <= high, 2, "interval is empty");
            lua_pushnumber(lua, std::floor(r * static_cast<double>(high - low + 1)) + static_cast<double>(low));
            return 1;
        }
        default: return luaL_error(lua, "wrong number of arguments");
    }
}

int math_randomseed(lua_State* lua) {
    const auto seed = static_cast<unsigned>(luaL_checkinteger(lua, 1));
    auto* state = RedisApi::random_state(lua);
    state[0] = 0x330e;
    state[1] = static_cast<unsigned short>(seed);
    state[2] = static_cast<unsigned short>(seed >> 16);
    return 0;
}

constexpr luaL_Reg api_functions[] = {
    {"call", redis_call},
    {"pcall", redis_pcall},
    {"error_reply", redis_error_reply},
    {"status_reply", redis_status_reply},
    {"sha1hex", redis_sha1hex},
    {"log", redis_log},
    {"setresp", redis_setresp},
    {"set_repl", redis_set_repl},
    {"replicate_commands", redis_true},
    {"breakpoint", redis_breakpoint},
    {"debug", redis_nothing},
    {"acl_check_cmd", redis_acl_check_cmd},
};

// What there is while a library is loaded.
constexpr luaL_Reg load_functions[] = {
    {"register_function", redis_register_function},
    {"log", redis_log},
};

struct Constant {
    const char* name;
    int value;
};
constexpr Constant api_constants[] = {
    {"LOG_DEBUG", 0}, {"LOG_VERBOSE", 1}, {"LOG_NOTICE", 2},  {"LOG_WARNING", 3},     {"REPL_NONE", 0},
    {"REPL_AOF", 1},  {"REPL_SLAVE", 2},  {"REPL_REPLICA", 2}, {"REPL_ALL", 3}, {"REDIS_VERSION_NUM", 0x00070204},
};

void push_api(lua_State* lua, std::span<const luaL_Reg> functions) {
    lua_newtable(lua);
    for (const auto& [name, function] : functions) {
        lua_pushcfunction(lua, function);
        lua_setfield(lua, -2, name);
    }
    for (const auto& [name, value] : api_constants) {
        lua_pushinteger(lua, value);
        lua_setfield(lua, -2, name);
    }
    lua_pushliteral(lua, "7.2.4");
    lua_setfield(lua, -2, "REDIS_VERSION");
}

}  // namespace

void open_redis_api(lua_State* lua) {
    push_api(lua, load_functions);
    set_load_api(lua);
    push_api(lua, api_functions);
    make_read_only(lua);
    lua_pushvalue(lua, -1);
    lua_setglobal(lua, "redis");
    lua_setglobal(lua, "server");

    // The library itself, behind its read-only view.
    lua_getglobal(lua, "math");
    luaL_getmetafield(lua, -1, "__index");
    lua_pushcfunction(lua, math_random);
    lua_setfield(lua, -2, "random");
    lua_pushcfunction(lua, math_randomseed);
    lua_setfield(lua, -2, "randomseed");
    lua_pop(lua, 2);
}

}  // namespace sabil::proxy::resp::scripting
