#include "proxy/app/redis_conf.h"

#include <glob.h>

#include <algorithm>

#include "proxy/app/config.h"

namespace sabil::proxy::app {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

char unescape(char c) {
    switch (c) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case 'b':
            return '\b';
        case 'a':
            return '\a';
        default:
            return c;
    }
}

bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Reads a quoted word from its opening quote; false where it does not close, or something is glued to its end.
bool take_quoted(std::string_view& rest, std::string& word) {
    char quote = rest.front();
    rest.remove_prefix(1);
    while (!rest.empty()) {
        char c = rest.front();
        rest.remove_prefix(1);
        if (c == quote) return rest.empty() || blank(rest.front());
        if (c == '\\' && !rest.empty() && (quote == '"' || rest.front() == '\'')) {
            char next = rest.front();
            rest.remove_prefix(1);
            if (quote == '"' && next == 'x' && rest.size() >= 2 && hex_digit(rest[0]) >= 0 && hex_digit(rest[1]) >= 0) {
                word += static_cast<char>(hex_digit(rest[0]) * 16 + hex_digit(rest[1]));
                rest.remove_prefix(2);
            } else {
                word += quote == '"' ? unescape(next) : next;
            }
        } else {
            word += c;
        }
    }
    return false;
}

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

Result<std::vector<std::string>> matching_files(const std::string& pattern) {
    if (pattern.find_first_of("*?[") == std::string::npos) return std::vector{pattern};
    glob_t found{};
    int status = glob(pattern.c_str(), 0, nullptr, &found);
    std::vector<std::string> out(found.gl_pathv, found.gl_pathv + (status == 0 ? found.gl_pathc : 0));
    globfree(&found);
    if (status != 0 && status != GLOB_NOMATCH) return fail(ErrorCode::io, "'" + pattern + "' cannot be searched");
    return out;
}

Result<std::vector<Directive>> load(const std::string& file, int depth) {
    if (depth > include_depth) {
        return fail(ErrorCode::out_of_range,
                    file + ": includes go more than " + std::to_string(include_depth) + " deep");
    }
    auto text = read_file(file, max_config_bytes);
    if (!text) return tl::unexpected(text.error());
    auto directives = parse_redis_conf(*text, file);
    if (!directives) return directives;
    std::vector<Directive> out;
    for (auto& directive : *directives) {
        if (directive.name != "include") {
            out.push_back(std::move(directive));
            continue;
        }
        for (const auto& pattern : directive.words) {
            auto files = matching_files(pattern);
            if (!files) return fail(ErrorCode::io, directive.place + ": " + files.error().message);
            for (const auto& included : *files) {
                auto inner = load(included, depth + 1);
                if (!inner) return fail(inner.error().code, directive.place + ": include: " + inner.error().message);
                std::move(inner->begin(), inner->end(), std::back_inserter(out));
            }
        }
    }
    return out;
}

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view line) {
    std::vector<std::string> words;
    while (true) {
        while (!line.empty() && blank(line.front())) line.remove_prefix(1);
        if (line.empty()) return words;
        std::string word;
        while (!line.empty() && !blank(line.front())) {
            if (line.front() == '"' || line.front() == '\'') {
                if (!take_quoted(line, word)) return fail(ErrorCode::invalid, "unbalanced quotes");
                break;
            }
            word += line.front();
            line.remove_prefix(1);
        }
        words.push_back(std::move(word));
    }
}

Result<std::vector<Directive>> parse_redis_conf(const std::string& text, const std::string& name) {
    std::vector<Directive> out;
    unsigned number = 0;
    for (std::size_t from = 0; from < text.size();) {
        auto end = std::min(text.find('\n', from), text.size());
        std::string_view line(text.data() + from, end - from);
        from = end + 1;
        auto place = name + ":" + std::to_string(++number);
        auto first = line.find_first_not_of(" \t\r");
        if (first == std::string_view::npos || line[first] == '#') continue;
        auto words = split_words(line);
        if (!words) return fail(ErrorCode::invalid, place + ": " + words.error().message);
        Directive directive{lower(words->front()), {words->begin() + 1, words->end()}, place};
        // `save` alone turns snapshots off, as `save ""` does.
        if (directive.words.empty() && directive.name == "save") directive.words.resize(1);
        if (directive.words.empty()) return fail(ErrorCode::invalid, place + ": '" + directive.name + "' has no value");
        out.push_back(std::move(directive));
    }
    return out;
}

Result<std::vector<Directive>> load_redis_conf(const std::string& file) {
    return load(file, 0);
}

// A word after a lone flag is its value even where it begins with "--"; "--flag value" may also be one word. What
// comes before the first flag is read as a line of the file.
Result<std::vector<Directive>> parse_redis_flags(const std::vector<std::string>& arguments) {
    std::vector<Directive> out;
    bool wants_value = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& argument = arguments[i];
        bool is_flag = argument.size() > 2 && argument.starts_with("--");
        if (wants_value || (!is_flag && !out.empty())) {
            out.back().words.push_back(argument);
            wants_value = false;
            continue;
        }
        auto words = split_words(is_flag ? argument.substr(2) : argument);
        if (!words || words->empty()) return fail(ErrorCode::invalid, "'" + argument + "' is not a flag");
        out.push_back({lower(words->front()), {words->begin() + 1, words->end()}, argument});
        bool is_last = i + 1 == arguments.size();
        wants_value = words->size() == 1;
        if (wants_value && out.back().name == "save" && (is_last || arguments[i + 1].starts_with("--"))) {
            out.back().words.resize(1);
            wants_value = false;
        }
    }
    for (const auto& directive : out) {
        if (!directive.words.empty()) continue;
        return fail(ErrorCode::invalid, directive.place + " needs a value\n>>> '" + directive.name +
                                            "'\nBad directive or wrong number of arguments");
    }
    return out;
}

}  // namespace sabil::proxy::app
