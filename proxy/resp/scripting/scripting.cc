#include "proxy/resp/scripting/scripting.h"

#include "proxy/resp/client_state.h"
#include "proxy/resp/dispatcher.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/scripting/session_host.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <openssl/evp.h>

#include <algorithm>

namespace sabil::proxy::resp::scripting {
namespace {

// args[2] is the number of keys; false where it cannot be, and then the reply is written.
bool count_keys(Args args, Reply& reply, std::string_view not_a_number, std::size_t& keys) {
    std::int64_t count = 0;
    if (!integer_argument(args[2], count, reply, not_a_number)) return false;
    if (count > static_cast<std::int64_t>(args.size()) - 3) {
        reply.error("ERR Number of keys can't be greater than number of args");
        return false;
    }
    if (count < 0) {
        reply.error("ERR Number of keys can't be negative");
        return false;
    }
    keys = static_cast<std::size_t>(count);
    return true;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace

std::string script_digest(std::string_view source) {
    // Fetched once: EVP_sha1() has it looked up anew in each digest.
    static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_Digest(source.data(), source.size(), digest, &size, sha1, nullptr);
    static constexpr char digits[] = "0123456789abcdef";
    std::string hex;
    for (unsigned i = 0; i < size; ++i) {
        hex += digits[digest[i] >> 4];
        hex += digits[digest[i] & 15];
    }
    return hex;
}

Scripting::Scripting() : lua_(std::make_unique<Interpreter>()) { count(); }
Scripting::~Scripting() = default;

void Scripting::count() {
    scripts_count_.store(scripts_.size(), std::memory_order_relaxed);
    functions_count_.store(functions_.size(), std::memory_order_relaxed);
    libraries_count_.store(libraries_.size(), std::memory_order_relaxed);
    memory_bytes_.store(lua_->memory_bytes(), std::memory_order_relaxed);
}

Scripting::Script* Scripting::compile(std::string_view source, const std::string& sha, Reply& reply) {
    const auto header = read_script_header(source);
    if (!header.error.empty()) {
        reply.error("ERR " + header.error);
        return nullptr;
    }
    // Without the header, but with its line break: line numbers stay right.
    const auto compiled = lua_->compile(source.substr(header.bytes), "@user_script");
    if (!compiled.error.empty()) {
        reply.error("ERR Error compiling script (new function): " + compiled.error);
        return nullptr;
    }
    Script script{std::string(source), compiled.reference, header.flags, false, {}};
    script.age = ages_.insert(ages_.end(), sha);
    if (ages_.size() > evaluated_scripts_count) drop_oldest();
    auto* kept = &scripts_.emplace(sha, std::move(script)).first->second;
    count();
    return kept;
}

void Scripting::drop_oldest() {
    const auto found = scripts_.find(ages_.front());
    lua_->forget(found->second.reference);
    scripts_.erase(found);
    ages_.pop_front();
}

// Before what the script runs, and whatever becomes of it.
static void show_to_monitors(Session& session, Args args) {
    auto& monitors = session.server().monitors;
    if (!monitors.idle()) monitors.send(session.database_index(), session.client().address, args);
}

void Scripting::eval(Session& session, Args args, Reply& reply, bool read_only) {
    show_to_monitors(session, args);
    std::size_t keys = 0;
    if (!count_keys(args, reply, {}, keys)) return;
    const std::string sha = script_digest(args[1]);
    const auto found = scripts_.find(sha);
    Script* script = found != scripts_.end() ? &found->second : compile(args[1], sha, reply);
    if (script == nullptr) return;
    if (!script->loaded) ages_.splice(ages_.end(), ages_, script->age);
    run(session, {ScriptGate::Kind::eval, sha, script->reference, script->flags, read_only}, args, reply);
}

void Scripting::eval_sha(Session& session, Args args, Reply& reply, bool read_only) {
    show_to_monitors(session, args);
    const std::string sha = lower(args[1]);
    const auto found = scripts_.find(sha);
    if (found == scripts_.end()) return reply.error(errors::no_script);
    std::size_t keys = 0;
    if (!count_keys(args, reply, {}, keys)) return;
    auto& script = found->second;
    if (!script.loaded) ages_.splice(ages_.end(), ages_, script.age);
    run(session, {ScriptGate::Kind::eval, sha, script.reference, script.flags, read_only}, args, reply);
}

void Scripting::call_function(Session& session, Args args, Reply& reply, bool read_only) {
    show_to_monitors(session, args);
    const auto found = functions_.find(lower(args[1]));
    if (found == functions_.end()) return reply.error("ERR Function not found");
    std::size_t keys = 0;
    if (!count_keys(args, reply, "ERR Bad number of keys provided", keys)) return;
    const auto& function = *found->second;
    run(session, {ScriptGate::Kind::function, args[1], function.registered.reference, function.flags, read_only}, args, reply);
}

void Scripting::run(Session& session, const Run& what, Args args, Reply& reply) {
    if (what.read_only && !what.flags.no_writes && !what.flags.compatible)
        return reply.error("ERR Can not execute a script with write flag using *_ro command.");
    if (!what.flags.compatible && !what.flags.no_writes && !what.flags.allow_oom && session.client().no_room)
        return reply.error("OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'");
    std::int64_t keys = to_integer(args[2]).value_or(0);
    const bool in_transaction = !session.may_block();
    gate.begin(what.kind, what.name, std::vector<std::string>(args.begin(), args.end()));
    {
        SessionHost host(session, gate, what.flags, what.read_only);
        const auto rest = args.subspan(3);
        const auto declared = rest.first(static_cast<std::size_t>(keys));
        const auto others = rest.subspan(static_cast<std::size_t>(keys));
        if (what.kind == ScriptGate::Kind::eval) lua_->run_script(what.reference, what.name, declared, others, host, reply);
        else lua_->run_function(what.reference, what.name, declared, others, host, reply);
    }
    // EXEC writes its own unit, with this script's changes in it.
    if (!in_transaction) session.dispatcher().flush_unit_log();
    gate.end();
    memory_bytes_.store(lua_->memory_bytes(), std::memory_order_relaxed);
}

bool Scripting::is_read_only_script(std::string_view sha) const {
    const auto found = scripts_.find(lower(sha));
    return found != scripts_.end() && found->second.flags.no_writes;
}

bool Scripting::is_read_only_function(std::string_view name) const {
    const auto found = functions_.find(lower(name));
    return found != functions_.end() && found->second->flags.no_writes;
}

std::string Scripting::load(std::string_view source, Reply& reply) {
    const std::string sha = script_digest(source);
    const auto found = scripts_.find(sha);
    Script* script = found != scripts_.end() ? &found->second : compile(source, sha, reply);
    if (script == nullptr) return {};
    if (!script->loaded) {
        ages_.erase(script->age);
        script->loaded = true;
    }
    return sha;
}

bool Scripting::exists(std::string_view sha) const { return scripts_.find(lower(sha)) != scripts_.end(); }

void Scripting::flush_scripts() {
    for (const auto& [sha, script] : scripts_) lua_->forget(script.reference);
    scripts_.clear();
    ages_.clear();
    count();
}

}  // namespace sabil::proxy::resp::scripting
