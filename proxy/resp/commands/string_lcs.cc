// LCS: the longest common subsequence of two strings.
//
// The table of lengths is filled from the front; walking it back from the end then yields the subsequence and the
// stretches that stand next to each other in both strings, last stretch first.
#include "cache/base/limits.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::KeyRef;

struct Stretch {
    std::size_t a = 0;  // where it starts in each string
    std::size_t b = 0;
    std::size_t length = 0;
};

class Subsequence {
  public:
    Subsequence(std::string_view a, std::string_view b) : a_(a), b_(b), lengths_((a.size() + 1) * (b.size() + 1)) {
        for (std::size_t i = 1; i <= a.size(); ++i) {
            for (std::size_t j = 1; j <= b.size(); ++j) {
                cell(i, j) = a[i - 1] == b[j - 1] ? cell(i - 1, j - 1) + 1 : std::max(cell(i - 1, j), cell(i, j - 1));
            }
        }
    }

    std::size_t length() const noexcept { return lengths_.back(); }

    void walk() {
        text_.resize(length());
        std::size_t left = length();
        Stretch run;
        for (std::size_t i = a_.size(), j = b_.size(); i > 0 && j > 0;) {
            if (a_[i - 1] == b_[j - 1]) {
                text_[--left] = a_[i - 1];
                run = {--i, --j, run.length + 1};
                continue;
            }
            finish(run);
            if (cell(i - 1, j) > cell(i, j - 1)) {
                --i;
            } else {
                --j;
            }
        }
        finish(run);
    }

    std::string_view text() const noexcept { return text_; }
    const std::vector<Stretch>& stretches() const noexcept { return stretches_; }

  private:
    std::uint32_t& cell(std::size_t i, std::size_t j) noexcept { return lengths_[i * (b_.size() + 1) + j]; }
    void finish(Stretch& run) {
        if (run.length > 0) stretches_.push_back(run);
        run = {};
    }

    std::string_view a_;
    std::string_view b_;
    std::vector<std::uint32_t> lengths_;
    std::string text_;
    std::vector<Stretch> stretches_;
};

struct LcsOptions {
    bool length = false;
    bool indexes = false;
    bool match_lengths = false;
    std::int64_t least = 0;
};

bool parse_options(Args args, LcsOptions& options, Reply& reply) {
    for (std::size_t i = 3; i < args.size(); ++i) {
        if (equals_ignoring_case(args[i], "idx")) {
            options.indexes = true;
        } else if (equals_ignoring_case(args[i], "len")) {
            options.length = true;
        } else if (equals_ignoring_case(args[i], "withmatchlen")) {
            options.match_lengths = true;
        } else if (equals_ignoring_case(args[i], "minmatchlen") && i + 1 < args.size()) {
            if (!integer_argument(args[++i], options.least, reply)) return false;
        } else {
            reply.error(errors::syntax);
            return false;
        }
    }
    if (options.length && options.indexes) {
        reply.error("ERR If you want both the length and indexes, please just use IDX.");
        return false;
    }
    return true;
}

void reply_span(Reply& reply, std::size_t start, std::size_t length) {
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(start));
    reply.integer(static_cast<std::int64_t>(start + length - 1));
}

void reply_indexes(Reply& reply, const Subsequence& found, const LcsOptions& options) {
    reply.map(2);
    reply.bulk("matches");
    const auto mark = reply.open();
    std::size_t count = 0;
    for (const auto& stretch : found.stretches()) {
        if (static_cast<std::int64_t>(stretch.length) < options.least) continue;
        ++count;
        reply.array(options.match_lengths ? 3 : 2);
        reply_span(reply, stretch.a, stretch.length);
        reply_span(reply, stretch.b, stretch.length);
        if (options.match_lengths) reply.integer(static_cast<std::int64_t>(stretch.length));
    }
    reply.close_array(mark, count);
    reply.bulk("len");
    reply.integer(static_cast<std::int64_t>(found.length()));
}

// LCS key1 key2 [LEN] [IDX] [MINMATCHLEN length] [WITHMATCHLEN]
void lcs(Database& database, Args args, Reply& reply, Session&) {
    const auto first = database.find_string(KeyRef(args[1]));
    const auto second = database.find_string(KeyRef(args[2]));
    if (first.wrong_type || second.wrong_type) {
        return reply.error("ERR The specified keys must contain string values");
    }
    LcsOptions options;
    if (!parse_options(args, options, reply)) return;
    DecimalBuffer scratch[2];
    const auto a = first ? first->text(scratch[0]) : std::string_view{};
    const auto b = second ? second->text(scratch[1]) : std::string_view{};
    if ((a.size() + 1) * sizeof(std::uint32_t) > limits::value_bytes / (b.size() + 1)) {
        return reply.error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    }
    Subsequence found(a, b);
    if (options.length) return reply.integer(static_cast<std::int64_t>(found.length()));
    found.walk();
    if (options.indexes) return reply_indexes(reply, found, options);
    reply.bulk(found.text());
}

constexpr CommandSpec rows[] = {
    {.name = "lcs",
     .arguments = "key1:key key2:key#0 [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::range(1, 1, 1, key_flag::ro | key_flag::access)},
     .group = Group::string,
     .since = "7.0.0",
     .summary = "Finds the longest common subsequence of two strings.",
     .complexity = "O(N*M)",
     .handler = lcs},
};

}  // namespace

CommandFamily string_lcs_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
