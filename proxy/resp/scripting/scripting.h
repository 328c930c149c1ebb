// All scripts and function libraries of the server, and the one interpreter they run in.
//
// A script may touch any key, declared or not, and sees one consistent data set: it holds every slice. So one runs at a
// time, and one interpreter serves all workers, as scripts written for Redis expect (a library's local variables are
// the same for every client).
#pragma once

#include "proxy/resp/args.h"
#include "proxy/resp/scripting/interpreter.h"
#include "proxy/resp/scripting/script_gate.h"
#include "proxy/resp/scripting/script_header.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sabil::proxy::resp {
class Reply;
class Session;
}  // namespace sabil::proxy::resp

namespace sabil::proxy::resp::scripting {

struct Library;

struct Function {
    RegisteredFunction registered;
    ScriptFlags flags;
    const Library* library = nullptr;
};

struct Library {
    std::string name;
    std::string code;
    std::vector<std::unique_ptr<Function>> functions;
};

// Thread-safety: all functions but `gate` and the counts need every slice to be held, by the calling thread.
class Scripting {
  public:
    Scripting();
    ~Scripting();

    // EVAL, EVAL_RO: the source is args[1], numkeys args[2].
    void eval(Session& session, Args args, Reply& reply, bool read_only);
    // EVALSHA, EVALSHA_RO.
    void eval_sha(Session& session, Args args, Reply& reply, bool read_only);
    // FCALL, FCALL_RO.
    void call_function(Session& session, Args args, Reply& reply, bool read_only);

    // SCRIPT LOAD: the digest in hexadecimal; empty where it does not compile, and then the reply is written.
    std::string load(std::string_view source, Reply& reply);
    bool exists(std::string_view sha) const;
    // Whether a known script, or a function, says of itself that it writes nothing.
    bool is_read_only_script(std::string_view sha) const;
    bool is_read_only_function(std::string_view name) const;
    void flush_scripts();

    // FUNCTION LOAD. Errors: as FUNCTION LOAD words them; empty: `name` is the library's.
    std::string load_library(Session& session, std::string_view code, bool replace, std::string& name);
    // FUNCTION RESTORE: all of these libraries or, with the error's text, none. What is there already...
    enum class RestorePolicy : std::uint8_t {
        flush,    // goes first
        append,   // stays, and a library of the same name is an error
        replace,  // goes where a library of the same name comes
    };
    std::string restore_libraries(Session& session, std::span<const std::string> codes, RestorePolicy policy);
    bool delete_library(std::string_view name);
    void flush_libraries();
    const std::map<std::string, std::unique_ptr<Library>, std::less<>>& libraries() const noexcept { return libraries_; }

    ScriptGate gate;
    // Any thread.
    std::size_t scripts_count() const noexcept { return scripts_count_.load(std::memory_order_relaxed); }
    std::size_t functions_count() const noexcept { return functions_count_.load(std::memory_order_relaxed); }
    std::size_t libraries_count() const noexcept { return libraries_count_.load(std::memory_order_relaxed); }
    std::size_t memory_bytes() const noexcept { return memory_bytes_.load(std::memory_order_relaxed); }

    // Scripts that came by EVAL and not by SCRIPT LOAD; the one used longest ago goes first.
    static constexpr std::size_t evaluated_scripts_count = 500;

  private:
    struct Script {
        std::string source;
        int reference = 0;
        ScriptFlags flags;
        bool loaded = false;  // by SCRIPT LOAD: kept until SCRIPT FLUSH
        std::list<std::string>::iterator age;
    };
    struct Run {
        ScriptGate::Kind kind = ScriptGate::Kind::eval;
        std::string_view name;
        int reference = 0;
        ScriptFlags flags;
        bool read_only = false;
    };

    Script* compile(std::string_view source, const std::string& sha, Reply& reply);
    void drop_oldest();
    void run(Session& session, const Run& what, Args args, Reply& reply);
    using Libraries = std::map<std::string, std::unique_ptr<Library>, std::less<>>;
    // Runs its code; its functions are not to be called yet. Errors: `error` says why, and there is no library.
    std::unique_ptr<Library> compile_library(Session& session, std::string_view code, std::string& error);
    // Null where no other library than those that go has a function of the same name.
    const Function* clash(const Library& library, bool all_go) const;
    void forget_functions(const Library& library);
    void publish(std::unique_ptr<Library> library);
    void remove_library(const Library& library);
    void count();

    std::unique_ptr<Interpreter> lua_;
    std::unordered_map<std::string, Script> scripts_;
    std::list<std::string> ages_;  // of scripts that were not loaded; the oldest first
    std::map<std::string, std::unique_ptr<Library>, std::less<>> libraries_;
    std::unordered_map<std::string, const Function*> functions_;  // by name in lower case
    std::atomic<std::size_t> scripts_count_{0};
    std::atomic<std::size_t> functions_count_{0};
    std::atomic<std::size_t> libraries_count_{0};
    std::atomic<std::size_t> memory_bytes_{0};
};

// SHA-1 in lower-case hexadecimal: a script's name.
std::string script_digest(std::string_view source);

}  // namespace sabil::proxy::resp::scripting
