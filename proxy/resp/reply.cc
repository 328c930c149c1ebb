#include "proxy/resp/reply.h"

#include "proxy/resp/number_format.h"

#include <algorithm>
#include <cstring>

namespace sabil::proxy::resp {
namespace {

constexpr std::size_t header_bytes_max = number_bytes_max + 3;
constexpr std::size_t quoted_bytes_max = 128;  // of a client's own word in an error

std::size_t write_header(char* at, char type, std::int64_t value) noexcept {
    at[0] = type;
    std::size_t n = 1;
    if (value >= 0 && value < 10) {
        at[n++] = static_cast<char>('0' + value);
    } else {
        n += format_integer(value, at + 1);
    }
    at[n++] = '\r';
    at[n++] = '\n';
    return n;
}

}  // namespace

void Reply::header(char type, std::int64_t value) {
    char* at = out_->room(header_bytes_max);
    out_->advance(write_header(at, type, value));
}

void Reply::simple(std::string_view text) {
    char* at = out_->room(text.size() + 3);
    at[0] = '+';
    std::memcpy(at + 1, text.data(), text.size());
    std::memcpy(at + 1 + text.size(), "\r\n", 2);
    out_->advance(text.size() + 3);
}

void Reply::error(std::string_view text) { error(text, {}); }

void Reply::error(std::string_view text, std::string_view detail) {
    std::size_t total = text.size() + detail.size();
    char* at = out_->room(total + 3);
    at[0] = '-';
    std::copy(text.begin(), text.end(), at + 1);
    std::copy(detail.begin(), detail.end(), at + 1 + text.size());
    std::replace_if(at + 1, at + 1 + total, [](char c) { return c == '\r' || c == '\n'; }, ' ');
    std::memcpy(at + 1 + total, "\r\n", 2);
    last_error_at_ = out_->size() + 1;
    ++errors_;
    out_->advance(total + 3);
}

void Reply::wrong_arguments(std::string_view command) {
    std::string_view start = "ERR wrong number of arguments for '";
    char text[512];
    std::size_t n = std::min(command.size(), sizeof text - start.size() - 16);
    std::memcpy(text, start.data(), start.size());
    std::memcpy(text + start.size(), command.data(), n);
    error({text, start.size() + n}, "' command");
}

void Reply::unknown_subcommand(std::string_view container, std::string_view subcommand) {
    std::string text = "ERR unknown subcommand '";
    text += subcommand.substr(0, quoted_bytes_max);
    text += "'. Try ";
    for (char c : container) text += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    error(text, " HELP.");
}

void Reply::integer(std::int64_t value) { header(':', value); }

void Reply::bulk(std::string_view bytes) {
    char* at = out_->room(bytes.size() + header_bytes_max + 2);
    std::size_t n = write_header(at, '$', static_cast<std::int64_t>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), at + n);
    n += bytes.size();
    std::memcpy(at + n, "\r\n", 2);
    out_->advance(n + 2);
}

void Reply::bulk_integer(std::int64_t value) {
    char text[number_bytes_max];
    bulk({text, format_integer(value, text)});
}

void Reply::bulk_double(double value) {
    char text[number_bytes_max];
    bulk({text, format_double(value, text)});
}

void Reply::null() { raw(resp3_ ? std::string_view{"_\r\n"} : std::string_view{"$-1\r\n"}); }

void Reply::null_array() { raw(resp3_ ? std::string_view{"_\r\n"} : std::string_view{"*-1\r\n"}); }

void Reply::number(double value) {
    if (!resp3_) return bulk_double(value);
    char* at = out_->room(header_bytes_max);
    at[0] = ',';
    std::size_t n = 1 + format_double(value, at + 1);
    std::memcpy(at + n, "\r\n", 2);
    out_->advance(n + 2);
}

void Reply::boolean(bool value) {
    if (!resp3_) return integer(value ? 1 : 0);
    raw(value ? std::string_view{"#t\r\n"} : std::string_view{"#f\r\n"});
}

void Reply::big_number(std::string_view digits) {
    if (!resp3_) return bulk(digits);
    out_->append('(');
    out_->append(digits);
    out_->append(std::string_view{"\r\n"});
}

void Reply::verbatim(std::string_view text, std::string_view format) {
    if (!resp3_) return bulk(text);
    header('=', static_cast<std::int64_t>(text.size() + 4));
    out_->append(format.substr(0, 3));
    out_->append(':');
    out_->append(text);
    out_->append(std::string_view{"\r\n"});
}

void Reply::array(std::size_t count) { header('*', static_cast<std::int64_t>(count)); }

void Reply::map(std::size_t pairs) {
    resp3_ ? header('%', static_cast<std::int64_t>(pairs)) : header('*', static_cast<std::int64_t>(2 * pairs));
}

void Reply::set(std::size_t count) { header(resp3_ ? '~' : '*', static_cast<std::int64_t>(count)); }

void Reply::push(std::size_t count) { header(resp3_ ? '>' : '*', static_cast<std::int64_t>(count)); }

void Reply::attribute(std::size_t pairs) { header('|', static_cast<std::int64_t>(pairs)); }

void Reply::close(Mark mark, char type, std::size_t count) {
    char text[header_bytes_max];
    std::size_t n = write_header(text, type, static_cast<std::int64_t>(count));
    out_->insert(mark, {text, n});
    if (last_error_at_ > mark) last_error_at_ += n;
}

void Reply::close_array(Mark mark, std::size_t count) { close(mark, '*', count); }

void Reply::close_map(Mark mark, std::size_t pairs) { close(mark, resp3_ ? '%' : '*', resp3_ ? pairs : 2 * pairs); }

void Reply::close_set(Mark mark, std::size_t count) { close(mark, resp3_ ? '~' : '*', count); }

void Reply::lines(std::initializer_list<std::string_view> text) {
    array(text.size());
    for (auto line : text) simple(line);
}

}  // namespace sabil::proxy::resp
