#include "proxy/resp/scripting/script_header.h"

#include "proxy/resp/request_parser.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

namespace sabil::proxy::resp::scripting {
namespace {

// The words of the first line, without its `#!`, quoted as in a request; nothing where there is no such line. The first
// one, the engine's name, may be empty.
std::optional<std::vector<std::string>> header_words(std::string_view source, ScriptHeader& header) {
    std::vector<std::string> out;
    if (!source.starts_with("#!")) return out;
    header.present = true;
    header.bytes = std::min(source.find('\n'), source.size());
    std::string line(source.substr(0, header.bytes));
    std::vector<std::string_view> words;
    if (!split_inline(line, words)) return std::nullopt;
    out.assign(words.begin(), words.end());
    out[0].erase(0, 2);
    return out;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower) {
    return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char a, char b) {
               return a == std::tolower(static_cast<unsigned char>(b));
           });
}

void read_flags(std::string_view list, ScriptHeader& header) {
    while (!list.empty() && header.error.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const auto name = list.substr(0, comma);
        if (!set_flag(header.flags, name)) header.error = "Unexpected flag in script shebang: " + std::string(name);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

}  // namespace

bool set_flag(ScriptFlags& flags, std::string_view name) noexcept {
    if (name == "no-writes") flags.no_writes = true;
    else if (name == "allow-oom") flags.allow_oom = true;
    else if (name == "allow-stale") flags.allow_stale = true;
    else if (name == "no-cluster") flags.no_cluster = true;
    else if (name == "allow-cross-slot-keys") flags.allow_cross_slot_keys = true;
    else return false;
    return true;
}

bool is_valid_name(std::string_view name) noexcept {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
    });
}

ScriptHeader read_script_header(std::string_view source) {
    ScriptHeader header;
    const auto read = header_words(source, header);
    if (!header.present) {
        header.flags.compatible = true;
        return header;
    }
    if (header.bytes == source.size() || !read) {
        header.error = "Invalid script shebang";
        return header;
    }
    const auto& words = *read;
    if (words[0] != "lua") {
        header.error = "Unexpected engine in script shebang: #!" + words[0];
        return header;
    }
    header.engine = words[0];
    for (std::size_t i = 1; i < words.size() && header.error.empty(); ++i) {
        if (!words[i].starts_with("flags=")) header.error = "Unknown lua shebang option: " + words[i];
        else read_flags(std::string_view(words[i]).substr(6), header);
    }
    return header;
}

ScriptHeader read_library_header(std::string_view source) {
    ScriptHeader header;
    const auto read = header_words(source, header);
    if (!header.present) {
        header.error = "Missing library metadata";
        return header;
    }
    if (header.bytes == source.size() || !read) {
        header.error = "Invalid library metadata";
        return header;
    }
    const auto& words = *read;
    header.engine = words[0];
    for (std::size_t i = 1; i < words.size() && header.error.empty(); ++i) {
        if (!starts_with_ignoring_case(words[i], "name=")) {
            header.error = "Invalid metadata value given: " + words[i];
        } else if (!header.library.empty()) {
            header.error = "Invalid metadata value, name argument was given multiple times";
        } else {
            header.library = words[i].substr(5);
        }
    }
    if (header.error.empty() && header.library.empty()) header.error = "Library name was not given";
    if (header.error.empty() && !is_valid_name(header.library))
        header.error = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";
    return header;
}

}  // namespace sabil::proxy::resp::scripting
