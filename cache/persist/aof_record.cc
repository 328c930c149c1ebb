#include "cache/persist/aof_record.h"

#include <algorithm>
#include <cstring>

#include "cache/base/number_text.h"

namespace sabil::cache {
namespace {

constexpr std::size_t buffer_bytes = 256 << 10;
constexpr std::size_t chunk_bytes = 1 << 20;

void append_number(std::string& out, char kind, std::uint64_t number) {
    DecimalBuffer scratch;
    out += kind;
    out += format_integer(static_cast<std::int64_t>(number), scratch);
    out += "\r\n";
}

// The number after `kind`; false where the line is anything else.
bool number_of(std::string_view line, char kind, std::uint64_t most, std::uint64_t& number) {
    if (line.size() < 2 || line[0] != kind) return false;
    const auto value = parse_integer(line.substr(1));
    if (!value || *value < 0 || static_cast<std::uint64_t>(*value) > most) return false;
    number = static_cast<std::uint64_t>(*value);
    return true;
}

}  // namespace

void append_aof_record(std::string& out, std::span<const std::string_view> args) {
    append_number(out, '*', args.size());
    for (const auto arg : args) {
        append_number(out, '$', arg.size());
        out += arg;
        out += "\r\n";
    }
}

void append_aof_record(std::string& out, std::initializer_list<std::string_view> args) {
    append_aof_record(out, std::span(args.begin(), args.size()));
}

void append_aof_timestamp(std::string& out, std::int64_t unix_seconds) {
    DecimalBuffer scratch;
    out += "#TS:";
    out += format_integer(unix_seconds, scratch);
    out += "\r\n";
}

AofReader::Status AofReader::stop(std::string why) {
    if (!error_.empty()) return Status::damaged;  // of the source itself
    error_ = std::move(why) + " in the record that begins at offset " + std::to_string(position_);
    return Status::damaged;
}

bool AofReader::fill() {
    if (used_ < buffer_.size()) return true;
    buffer_.resize(buffer_bytes);
    auto got = source_.read(buffer_.data(), buffer_.size());
    used_ = 0;
    if (!got) error_ = got.error().message;
    buffer_.resize(got ? *got : 0);
    return !buffer_.empty();
}

// Without its line break, which may be \n alone. Too long a line comes out cut, with its first bytes.
bool AofReader::line(std::string& out) {
    out.clear();
    while (fill()) {
        const std::string_view there(buffer_.data() + used_, buffer_.size() - used_);
        const auto end = there.find('\n');
        const auto n = std::min(end, there.size());
        if (out.size() < annotation_bytes_max) out.append(there.substr(0, n));
        const auto passed = n + (end == std::string_view::npos ? 0 : 1);
        used_ += passed;
        taken_ += passed;
        if (end == std::string_view::npos) {
            if (out.size() >= annotation_bytes_max) return true;
            continue;
        }
        if (!out.empty() && out.back() == '\r') out.pop_back();
        return true;
    }
    return false;
}

// Memory is taken as bytes arrive, never for a length that the input only claims.
bool AofReader::bytes(std::string& out, std::uint64_t size) {
    out.clear();
    while (out.size() < size) {
        if (!fill()) return false;
        const auto n = std::min<std::uint64_t>({size - out.size(), buffer_.size() - used_, chunk_bytes});
        out.append(buffer_, used_, n);
        used_ += n;
        taken_ += n;
    }
    return true;
}

AofReader::Status AofReader::next() {
    while (true) {
        if (!fill()) return error_.empty() ? Status::end : Status::damaged;
        if (!line(line_)) return error_.empty() ? Status::truncated : Status::damaged;
        if (line_.size() >= annotation_bytes_max) return stop("too long a line");
        if (!line_.starts_with('#')) return read_record(line_);
        position_ = taken_;
    }
}

AofReader::Status AofReader::read_record(std::string_view first) {
    std::uint64_t count = 0;
    if (!number_of(first, '*', args_max, count) || count == 0) return stop("'*' and a number of arguments are missing");
    std::string header;
    std::string line_break;
    count_ = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        std::uint64_t length = 0;
        if (!line(header)) return error_.empty() ? Status::truncated : Status::damaged;
        if (!number_of(header, '$', arg_bytes_max, length)) return stop("'$' and a length are missing");
        if (args_.size() <= count_) args_.emplace_back();
        const bool whole = bytes(args_[count_], length) && bytes(line_break, 2);
        if (!whole) return error_.empty() ? Status::truncated : Status::damaged;
        if (line_break != "\r\n") return stop("an argument is not as long as it says");
        ++count_;
    }
    position_ = taken_;
    return Status::record;
}

}  // namespace sabil::cache
