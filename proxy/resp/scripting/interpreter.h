// One Lua 5.1 interpreter for scripts and functions: compiles, keeps and runs them in a closed environment.
//
// A script sees fresh KEYS and ARGV and read-only libraries; it can define no global, load no bytecode, reach no file.
// Lua is built to raise errors as C++ exceptions (liblua5.1-c++), so destructors run.
#pragma once

#include "proxy/resp/args.h"
#include "proxy/resp/scripting/script_host.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct lua_State;
struct lua_Debug;

namespace sabil::proxy::resp {
class Reply;
}

namespace sabil::proxy::resp::scripting {

// A function as its library registers it.
struct RegisteredFunction {
    std::string name;
    std::string description;
    bool has_description = false;
    std::vector<std::string> flags;
    int reference = 0;  // to its Lua function, within this interpreter
};

// Thread-safety: one thread at a time.
class Interpreter {
  public:
    // Memory past limit_bytes raises "not enough memory" inside the script. By default no string can be so long that
    // cjson's count of the bytes to write for it (up to six each, in an int) overflows.
    explicit Interpreter(std::size_t limit_bytes = std::size_t{320} << 20);
    ~Interpreter();
    Interpreter(const Interpreter&) = delete;
    Interpreter& operator=(const Interpreter&) = delete;

    // Compiles a script; a reference to keep it by, or the error's text.
    struct Compiled {
        int reference = 0;
        std::string error;  // empty: compiled
    };
    Compiled compile(std::string_view source, const char* chunk_name);
    void forget(int reference);

    // Runs a compiled script and writes its reply. `name` is told in error messages.
    void run_script(int reference, std::string_view name, Args keys, Args arguments, ScriptHost& host, Reply& reply);
    // Calls a library's function with the keys and arguments as two tables.
    void run_function(int reference, std::string_view name, Args keys, Args arguments, ScriptHost& host, Reply& reply);

    // Runs a library's code, which may only register functions; the functions, or the error's text.
    struct Library {
        std::vector<RegisteredFunction> functions;
        std::string error;  // empty: loaded
    };
    Library load_library(std::string_view source, ScriptHost& host);

    std::size_t memory_bytes() const noexcept { return memory_.used; }

    struct Memory {
        std::size_t used = 0;
        std::size_t limit = 0;
    };

  private:
    friend struct RedisApi;
    // What the functions that scripts call find; set while one runs.
    struct Running {
        ScriptHost* host = nullptr;
        int resp_version = 2;
        std::vector<RegisteredFunction>* registering = nullptr;  // while a library loads
        std::string stopped;
    };

    void push_array(Args values);
    void finish(int status, std::string_view name, Reply& reply);
    static Interpreter& of(lua_State* lua);
    static void on_count(lua_State* lua, lua_Debug*);

    Memory memory_;
    lua_State* lua_ = nullptr;
    Running* running_ = nullptr;
    OutputBuffer call_buffer_;
    unsigned short random_state_[3] = {0x330e, 0, 0};
};

}  // namespace sabil::proxy::resp::scripting
