// Libraries of functions: loading, restoring, deleting.
#include "proxy/resp/scripting/scripting.h"
#include "proxy/resp/scripting/script_header.h"
#include "proxy/resp/scripting/session_host.h"

#include <algorithm>
#include <utility>

namespace sabil::proxy::resp::scripting {
namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace

std::unique_ptr<Library> Scripting::compile_library(Session& session, std::string_view code, std::string& error) {
    const auto header = read_library_header(code);
    error = header.error;
    if (error.empty() && lower(header.engine) != "lua") error = "Engine '" + header.engine + "' not found";
    if (!error.empty()) return nullptr;
    constexpr auto load_time_max = std::chrono::milliseconds(500);
    SessionHost host(session, gate, {}, true, std::chrono::steady_clock::now() + load_time_max);
    auto loaded = lua_->load_library(code.substr(header.bytes), host);
    error = loaded.error.empty() && loaded.functions.empty() ? "No functions registered" : loaded.error;
    if (!error.empty()) return nullptr;
    auto library = std::make_unique<Library>();
    library->name = header.library;
    library->code = code;
    for (auto& registered : loaded.functions) {
        auto function = std::make_unique<Function>();
        for (const auto& flag : registered.flags) set_flag(function->flags, flag);
        function->registered = std::move(registered);
        function->library = library.get();
        library->functions.push_back(std::move(function));
    }
    return library;
}

const Function* Scripting::clash(const Library& library, bool all_go) const {
    if (all_go) return nullptr;
    for (const auto& function : library.functions) {
        const auto other = functions_.find(lower(function->registered.name));
        if (other != functions_.end() && other->second->library->name != library.name) return function.get();
    }
    return nullptr;
}

void Scripting::forget_functions(const Library& library) {
    for (const auto& function : library.functions) lua_->forget(function->registered.reference);
}

void Scripting::publish(std::unique_ptr<Library> library) {
    for (const auto& function : library->functions) functions_.emplace(lower(function->registered.name), function.get());
    std::string name = library->name;
    libraries_.emplace(std::move(name), std::move(library));
}

std::string Scripting::load_library(Session& session, std::string_view code, bool replace, std::string& name) {
    const auto header = read_library_header(code);
    if (!header.error.empty()) return header.error;
    if (lower(header.engine) != "lua") return "Engine '" + header.engine + "' not found";
    const bool exists = libraries_.find(header.library) != libraries_.end();
    if (exists && !replace) return "Library '" + header.library + "' already exists";
    std::string error;
    auto library = compile_library(session, code, error);
    if (library == nullptr) return error;
    if (const auto* other = clash(*library, false)) {
        error = "Function " + other->registered.name + " already exists";
        forget_functions(*library);
        return error;
    }
    if (exists) delete_library(header.library);
    name = header.library;
    publish(std::move(library));
    count();
    return {};
}

std::string Scripting::restore_libraries(Session& session, std::span<const std::string> codes, RestorePolicy policy) {
    const bool all_go = policy == RestorePolicy::flush;
    Libraries restored;
    std::map<std::string, std::string> names;  // of functions
    std::string error;
    for (const auto& code : codes) {
        auto library = compile_library(session, code, error);
        if (library == nullptr) break;
        const bool exists = policy == RestorePolicy::append && libraries_.find(library->name) != libraries_.end();
        if (exists || restored.find(library->name) != restored.end()) {
            error = "Library " + library->name + " already exists";
        } else if (const auto* other = clash(*library, all_go)) {
            error = "Function " + other->registered.name + " already exists";
        }
        for (const auto& function : library->functions) {
            const bool fresh = names.emplace(lower(function->registered.name), library->name).second;
            if (!fresh && error.empty()) error = "Function " + function->registered.name + " already exists";
        }
        const std::string name = library->name;
        if (error.empty()) {
            restored.emplace(name, std::move(library));
        } else {
            forget_functions(*library);
            break;
        }
    }
    if (!error.empty()) {
        for (const auto& [name, library] : restored) forget_functions(*library);
        return error;
    }
    if (all_go) flush_libraries();
    for (auto& [name, library] : restored) {
        delete_library(name);
        publish(std::move(library));
    }
    count();
    return {};
}

void Scripting::remove_library(const Library& library) {
    for (const auto& function : library.functions) {
        lua_->forget(function->registered.reference);
        functions_.erase(lower(function->registered.name));
    }
}

bool Scripting::delete_library(std::string_view name) {
    const auto found = libraries_.find(name);
    if (found == libraries_.end()) return false;
    remove_library(*found->second);
    libraries_.erase(found);
    count();
    return true;
}

void Scripting::flush_libraries() {
    for (const auto& [name, library] : libraries_) remove_library(*library);
    libraries_.clear();
    count();
}

}  // namespace sabil::proxy::resp::scripting
