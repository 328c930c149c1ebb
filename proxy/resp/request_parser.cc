#include "proxy/resp/request_parser.h"

#include "proxy/resp/args.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace sabil::proxy::resp {
namespace {

constexpr std::size_t line_break_bytes = 2;

bool is_blank(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

char escaped(char c) noexcept {
    switch (c) {
        case 'n': return '\n';
        case 'r': return '\r';
        case 't': return '\t';
        case 'b': return '\b';
        case 'a': return '\a';
        default: return c;
    }
}

// Reads one quoted part from `in` (after its opening quote) and writes it at `out`. False where it has no end, or
// where its end is not followed by a blank.
bool read_quoted(const char*& in, const char* end, char*& out, char quote) {
    while (in != end) {
        char c = *in++;
        if (c == quote) return in == end || is_blank(*in);
        if (c != '\\' || in == end) {
            *out++ = c;
        } else if (quote == '\'') {
            if (*in == '\'') c = *in++;
            *out++ = c;
        } else if (*in == 'x' && end - in >= 3 && hex_value(in[1]) >= 0 && hex_value(in[2]) >= 0) {
            *out++ = static_cast<char>(hex_value(in[1]) * 16 + hex_value(in[2]));
            in += 3;
        } else {
            *out++ = escaped(*in++);
        }
    }
    return false;
}

}  // namespace

bool split_inline(std::span<char> line, std::vector<std::string_view>& words) {
    const char* in = line.data();
    const char* end = in + line.size();
    char* out = line.data();
    for (;;) {
        while (in != end && is_blank(*in)) ++in;
        if (in == end) return true;
        // Words stay where they are: a line without quotes is not changed.
        out += in - out;
        char* start = out;
        while (in != end && !is_blank(*in)) {
            char c = *in++;
            if (c != '"' && c != '\'') {
                *out++ = c;
            } else if (!read_quoted(in, end, out, c)) {
                return false;
            }
        }
        words.emplace_back(start, static_cast<std::size_t>(out - start));
    }
}

RequestParser::Status RequestParser::fail(std::string_view text) {
    error_size_ = std::min(text.size(), sizeof error_);
    std::memcpy(error_, text.data(), error_size_);
    return done(Status::error, 0);
}

RequestParser::Status RequestParser::done(Status status, std::size_t consumed) noexcept {
    parts_.clear();
    position_ = 0;
    remaining_ = bulk_bytes_ = unknown;
    missing_ = 0;
    consumed_ = consumed;
    return status;
}

RequestParser::Status RequestParser::next(std::span<char> unread, const RequestLimits& limits,
                                          std::vector<std::string_view>& args) {
    if (unread.empty()) return Status::incomplete;
    return unread[0] == '*' ? next_array(unread, limits, args) : next_inline(unread, args);
}

RequestParser::Status RequestParser::next_inline(std::span<char> unread, std::vector<std::string_view>& args) {
    auto* end = static_cast<char*>(std::memchr(unread.data() + position_, '\n', unread.size() - position_));
    if (end == nullptr) {
        position_ = unread.size();
        if (unread.size() > inline_bytes_max) return fail("too big inline request");
        return Status::incomplete;
    }
    auto length = static_cast<std::size_t>(end - unread.data());
    std::size_t consumed = length + 1;
    if (length > 0 && unread[length - 1] == '\r') --length;
    std::size_t before = args.size();
    auto line = unread.first(length);
    // A command that must wait is read again from the same bytes: quotes are undone in a copy.
    if (before == 0) quoted_lines_.clear();
    if (std::any_of(line.begin(), line.end(), [](char c) { return c == '"' || c == '\''; })) {
        line = quoted_lines_.emplace_back(line.begin(), line.end());
    }
    if (!split_inline(line, args)) {
        args.resize(before);
        return fail("unbalanced quotes in request");
    }
    return done(args.size() == before ? Status::empty : Status::command, consumed);
}

// The integer after a type byte at position_, up to its line break; position_ then stands after that.
RequestParser::Line RequestParser::read_integer(std::string_view unread, std::int64_t& value) noexcept {
    std::size_t at = position_ + 1;
    std::int64_t quick = 0;
    std::size_t digits_end = std::min(unread.size(), at + 9);
    while (at < digits_end && unread[at] >= '0' && unread[at] <= '9') quick = quick * 10 + (unread[at++] - '0');
    bool canonical = at > position_ + 1 && (unread[position_ + 1] != '0' || at == position_ + 2);
    if (canonical && at + 1 < unread.size() && unread[at] == '\r') {
        value = quick;
        position_ = at + line_break_bytes;
        return Line::integer;
    }
    auto end = unread.find('\r', position_);
    if (end == std::string_view::npos || end + 1 >= unread.size()) return Line::incomplete;
    auto parsed = to_integer(unread.substr(position_ + 1, end - position_ - 1));
    if (!parsed) return Line::not_integer;
    value = *parsed;
    position_ = end + line_break_bytes;
    return Line::integer;
}

RequestParser::Status RequestParser::read_bulk_header(std::string_view unread, const RequestLimits& limits) {
    if (position_ >= unread.size()) return Status::incomplete;
    if (unread[position_] != '$' && unread.find('\r', position_) != std::string_view::npos) {
        std::string text = "expected '$', got '";
        text += unread[position_];
        return fail(text += '\'');
    }
    std::int64_t length = 0;
    Line line = read_integer(unread, length);
    if (line == Line::incomplete) {
        if (unread.size() - position_ > inline_bytes_max) return fail("too big bulk count string");
        return Status::incomplete;
    }
    if (line == Line::not_integer || length < 0 || length > limits.bulk_bytes_max) return fail("invalid bulk length");
    if (!limits.authenticated && length > unauthenticated_bulk_bytes_max) return fail("unauthenticated bulk length");
    bulk_bytes_ = length;
    return Status::command;
}

RequestParser::Status RequestParser::next_array(std::span<char> unread, const RequestLimits& limits,
                                                std::vector<std::string_view>& args) {
    std::string_view bytes(unread.data(), unread.size());
    if (remaining_ == unknown) {
        std::int64_t count = 0;
        Line line = read_integer(bytes, count);
        if (line == Line::incomplete) {
            if (bytes.size() > inline_bytes_max) return fail("too big mbulk count string");
            return Status::incomplete;
        }
        if (line == Line::not_integer || count > arguments_max) return fail("invalid multibulk length");
        if (!limits.authenticated && count > unauthenticated_arguments_max) {
            return fail("unauthenticated multibulk length");
        }
        if (count <= 0) return done(Status::empty, position_);
        remaining_ = count;
    }
    while (remaining_ > 0) {
        if (bulk_bytes_ == unknown) {
            Status status = read_bulk_header(bytes, limits);
            if (status != Status::command) return status;
        }
        auto length = static_cast<std::size_t>(bulk_bytes_);
        if (bytes.size() - position_ < length + line_break_bytes) {
            missing_ = length + line_break_bytes - (bytes.size() - position_);
            return Status::incomplete;
        }
        parts_.emplace_back(position_, length);
        position_ += length + line_break_bytes;
        bulk_bytes_ = unknown;
        --remaining_;
    }
    for (auto [offset, size] : parts_) args.push_back(bytes.substr(offset, size));
    return done(Status::command, position_);
}

}  // namespace sabil::proxy::resp
