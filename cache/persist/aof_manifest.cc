#include "cache/persist/aof_manifest.h"

#include <algorithm>

#include "cache/base/number_text.h"

namespace sabil::cache {
namespace {

// The words that operators look for, and test suites.
const std::string format_error = "Invalid AOF manifest file format: ";

constexpr char hex_digits[] = "0123456789abcdef";

bool is_plain(unsigned char c) noexcept {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '\'';
}

std::string quoted(std::string_view name) {
    if (!name.empty() && std::all_of(name.begin(), name.end(), is_plain)) return std::string(name);
    std::string out = "\"";
    for (const char character : name) {
        const auto c = static_cast<unsigned char>(character);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += character;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c >= ' ' && c < 0x7f) {
            out += character;
        } else {
            out += "\\x";
            out += hex_digits[c >> 4];
            out += hex_digits[c & 15];
        }
    }
    return out += '"';
}

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Takes the words of a line one after the other.
class Words {
  public:
    explicit Words(std::string_view line) noexcept : rest_(line) {}
    bool ok() const noexcept { return ok_; }
    bool next(std::string& word) {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
        if (rest_.empty()) return false;
        word.clear();
        if (rest_.front() != '"') {
            const auto end = std::min(rest_.find_first_of(" \t"), rest_.size());
            word = rest_.substr(0, end);
            rest_.remove_prefix(end);
            return true;
        }
        rest_.remove_prefix(1);
        while (!rest_.empty() && rest_.front() != '"') word += character();
        ok_ = !rest_.empty();
        if (ok_) rest_.remove_prefix(1);
        ok_ = ok_ && (rest_.empty() || rest_.front() == ' ' || rest_.front() == '\t');
        return ok_;
    }

  private:
    char take() noexcept {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    char character() noexcept {
        const char c = take();
        if (c != '\\' || rest_.empty()) return c;
        const char escaped = take();
        if (escaped == 'n') return '\n';
        if (escaped == 'r') return '\r';
        if (escaped == 't') return '\t';
        if (escaped == 'x' && rest_.size() >= 2 && hex_value(rest_[0]) >= 0 && hex_value(rest_[1]) >= 0) {
            const int value = hex_value(rest_[0]) << 4 | hex_value(rest_[1]);
            rest_.remove_prefix(2);
            return static_cast<char>(value);
        }
        return escaped;
    }

    std::string_view rest_;
    bool ok_ = true;
};

std::string line_of(const AofFile& file, char type) {
    return "file " + quoted(file.name) + " seq " + std::to_string(file.sequence) + " type " + type + "\n";
}

struct Line {
    AofFile file;
    char type = 0;
};

// What is wrong with the line; empty: nothing.
std::string read_line(std::string_view text, Line& line) {
    if (text.size() > AofManifest::line_bytes_max) return "The AOF manifest file contains too long line";
    Words words(text);
    std::string key;
    std::string value;
    bool has_sequence = false;
    while (words.next(key)) {
        if (!words.next(value)) return format_error + "the word '" + key + "' has no value";
        if (key == "file") {
            if (value.empty() || value.find('/') != std::string::npos) return format_error + "'" + value + "' is not the name of a file";
            line.file.name = value;
        } else if (key == "seq") {
            const auto number = parse_integer(value);
            if (!number || *number < 1) return format_error + "'" + value + "' is no sequence number";
            line.file.sequence = static_cast<std::uint64_t>(*number);
            has_sequence = true;
        } else if (key == "type") {
            if (value != "b" && value != "h" && value != "i") return "Unknown AOF file type '" + value + "'";
            line.type = value[0];
        }
    }
    if (!words.ok()) return format_error + "a quoted name does not end";
    if (line.file.name.empty() || !has_sequence || line.type == 0) return format_error + "file, seq or type is missing";
    // Written again it may be longer, as names are quoted.
    if (line_of(line.file, line.type).size() > AofManifest::line_bytes_max) return "The AOF manifest file contains too long line";
    return {};
}

// Adds the line's file; what is wrong with its place.
std::string add_line(AofManifest& manifest, Line line) {
    const auto sequence = line.file.sequence;
    if (line.type == 'b') {
        if (manifest.base) return "Found duplicate base file information";
        manifest.base_sequence = sequence;
        manifest.base = std::move(line.file);
    } else if (line.type == 'h') {
        manifest.history.push_back(std::move(line.file));
    } else {
        if (!manifest.increments.empty() && sequence <= manifest.increments.back().sequence)
            return "Found a non-monotonic sequence number";
        manifest.increment_sequence = sequence;
        manifest.increments.push_back(std::move(line.file));
    }
    return {};
}

}  // namespace

AofFile AofManifest::next_base(std::string_view name, bool rdb) {
    const auto number = ++base_sequence;
    return {std::string(name) + "." + std::to_string(number) + (rdb ? ".base.rdb" : ".base.aof"), number};
}

AofFile AofManifest::next_increment(std::string_view name) {
    const auto number = ++increment_sequence;
    return {std::string(name) + "." + std::to_string(number) + ".incr.aof", number};
}

std::string AofManifest::text() const {
    std::string out;
    if (base) out += line_of(*base, 'b');
    for (const auto& file : history) out += line_of(file, 'h');
    for (const auto& file : increments) out += line_of(file, 'i');
    return out;
}

Result<AofManifest> AofManifest::parse(std::string_view text) {
    AofManifest manifest;
    if (text.empty()) return fail(ErrorCode::invalid, "Found an empty AOF manifest");
    for (std::size_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        std::string_view whole = text.substr(0, end);
        std::string problem;
        if (end == std::string_view::npos) problem = format_error + "the line does not end";
        text.remove_prefix(std::min(end, text.size() - 1) + 1);
        if (!whole.empty() && whole.back() == '\r') whole.remove_suffix(1);
        if (whole.starts_with('#')) continue;
        Line line;
        if (problem.empty()) problem = whole.empty() ? format_error + "the line is empty" : read_line(whole, line);
        if (problem.empty()) problem = add_line(manifest, std::move(line));
        if (!problem.empty()) return fail(ErrorCode::invalid, "line " + std::to_string(number) + ": " + problem);
    }
    return manifest;
}

}  // namespace sabil::cache
