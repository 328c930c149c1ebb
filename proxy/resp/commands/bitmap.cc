// Strings as sequences of bits.
#include "cache/types/bitmap.h"

#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/bit_argument.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::BitOperation;
using cache::Database;
using cache::EventClass;
using cache::KeyRef;

bool bit_value_argument(std::string_view text, bool& value, Reply& reply) {
    std::int64_t number = 0;
    constexpr std::string_view error = "ERR bit is not an integer or out of range";
    if (!integer_in_range(text, 0, 1, number, reply, error)) return false;
    value = number == 1;
    return true;
}

// SETBIT key offset value
void setbit(Database& database, Args args, Reply& reply, Session& session) {
    std::uint64_t bit = 0;
    bool value = false;
    if (!bit_offset_argument(args[2], 0, bit, reply) || !bit_value_argument(args[3], value, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto text = database.edit_string(key, true);
    if (refuse_wrong_type(text, reply)) return;
    const std::size_t size = bit / 8 + 1;
    const bool grows = text->size() < size;
    const bool before = cache::get_bit(text->view(), bit);
    if (grows) text->resize(size);
    cache::set_bit(text->data(), bit, value);
    if (grows || before != value) database.changed(key, EventClass::string, "setbit");
    reply.integer(before ? 1 : 0);
}

// GETBIT key offset
void getbit(Database& database, Args args, Reply& reply, Session& session) {
    std::uint64_t bit = 0;
    if (!bit_offset_argument(args[2], 0, bit, reply)) return;
    const auto found = database.find_string(session.key(args[1]));
    if (refuse_wrong_type(found, reply)) return;
    DecimalBuffer scratch;
    reply.integer(found && cache::get_bit(found->text(scratch), bit) ? 1 : 0);
}

// `start end [BYTE | BIT]` over a string, as bits.
struct BitRange {
    std::int64_t start = 0;
    std::int64_t end = -1;
    bool in_bits = false;

    bool parse_unit(std::string_view word, Reply& reply) {
        in_bits = equals_ignoring_case(word, "bit");
        if (in_bits || equals_ignoring_case(word, "byte")) return true;
        reply.error(errors::syntax);
        return false;
    }

    // BITCOUNT's range is empty where it runs backwards before it is cut to the string; BITPOS' is not.
    bool runs_backwards() const noexcept { return start < 0 && end < 0 && start > end; }
    // False where it is empty.
    bool within(std::size_t bytes, std::uint64_t& first, std::uint64_t& last) const noexcept {
        const auto total = static_cast<std::int64_t>(in_bits ? bytes * 8 : bytes);
        const std::int64_t from = std::max<std::int64_t>(0, start < 0 ? start + total : start);
        const std::int64_t to = std::min(total - 1, std::max<std::int64_t>(0, end < 0 ? end + total : end));
        if (from > to) return false;
        first = static_cast<std::uint64_t>(in_bits ? from : from * 8);
        last = static_cast<std::uint64_t>(in_bits ? to : to * 8 + 7);
        return true;
    }
};

// BITCOUNT key [start end [BYTE | BIT]]
void bitcount(Database& database, Args args, Reply& reply, Session& session) {
    BitRange range;
    if (args.size() == 3 || args.size() > 5) return reply.error(errors::syntax);
    if (args.size() > 3) {
        if (!integer_argument(args[2], range.start, reply) || !integer_argument(args[3], range.end, reply)) return;
        if (args.size() == 5 && !range.parse_unit(args[4], reply)) return;
    }
    const auto found = database.find_string(session.key(args[1]));
    if (refuse_wrong_type(found, reply)) return;
    DecimalBuffer scratch;
    const auto text = found ? found->text(scratch) : std::string_view{};
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (range.runs_backwards() || !range.within(text.size(), first, last)) return reply.integer(0);
    reply.integer(static_cast<std::int64_t>(cache::count_bits(text, first, last)));
}

// BITPOS key bit [start [end [BYTE | BIT]]]
void bitpos(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t bit = 0;
    if (!integer_argument(args[2], bit, reply)) return;
    if (bit != 0 && bit != 1) return reply.error("ERR The bit argument must be 1 or 0.");
    if (args.size() > 6) return reply.error(errors::syntax);
    BitRange range;
    const bool has_end = args.size() > 4;
    if (args.size() > 3 && !integer_argument(args[3], range.start, reply)) return;
    if (args.size() == 6 && !range.parse_unit(args[5], reply)) return;
    if (has_end && !integer_argument(args[4], range.end, reply)) return;
    const auto found = database.find_string(session.key(args[1]));
    if (refuse_wrong_type(found, reply)) return;
    if (!found) return reply.integer(bit == 1 ? -1 : 0);
    DecimalBuffer scratch;
    const auto text = found->text(scratch);
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    if (!range.within(text.size(), first, last)) return reply.integer(-1);
    if (const auto at = cache::find_bit(text, bit == 1, first, last)) {
        return reply.integer(static_cast<std::int64_t>(*at));
    }
    // Without an end the string counts as followed by zeros.
    reply.integer(bit == 0 && !has_end ? static_cast<std::int64_t>(text.size()) * 8 : -1);
}

std::optional<BitOperation> operation_named(std::string_view word) noexcept {
    if (equals_ignoring_case(word, "and")) return BitOperation::all;
    if (equals_ignoring_case(word, "or")) return BitOperation::any;
    if (equals_ignoring_case(word, "xor")) return BitOperation::odd;
    if (equals_ignoring_case(word, "not")) return BitOperation::complement;
    if (equals_ignoring_case(word, "diff")) return BitOperation::first_only;
    if (equals_ignoring_case(word, "diff1")) return BitOperation::others_only;
    if (equals_ignoring_case(word, "andor")) return BitOperation::first_and_any;
    if (equals_ignoring_case(word, "one")) return BitOperation::exactly_one;
    return std::nullopt;
}

// True, with the error written, where the operation cannot have so many sources.
bool refuse_source_count(BitOperation operation, std::string_view word, std::size_t count, Reply& reply) {
    const bool needs_two = operation == BitOperation::first_only || operation == BitOperation::others_only ||
                           operation == BitOperation::first_and_any;
    if (operation == BitOperation::complement && count != 1) {
        reply.error("ERR BITOP NOT must be called with a single source key.");
        return true;
    }
    if (!needs_two || count >= 2) return false;
    std::string name(word);
    for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    reply.error("ERR BITOP " + name + " must be called with at least two source keys.");
    return true;
}

// BITOP AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE destination key [key ...]
void bitop(Database& database, Args args, Reply& reply, Session&) {
    const auto operation = operation_named(args[1]);
    if (!operation) return reply.error(errors::syntax);
    const Args names = args.subspan(3);
    if (refuse_source_count(*operation, args[1], names.size(), reply)) return;
    std::vector<DecimalBuffer> scratch(names.size());
    std::vector<std::string_view> sources;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const auto found = database.find_string(KeyRef(names[i]));
        if (refuse_wrong_type(found, reply)) return;
        sources.push_back(found ? found->text(scratch[i]) : std::string_view{});
    }
    const std::string result = cache::combine_bits(*operation, sources);
    const KeyRef destination(args[2]);
    if (!result.empty()) {
        database.replace(destination, cache::Value(cache::Value::Variant(cache::String(result))));
        database.edit_string(destination, false);  // as what was edited: "raw"
        database.changed(destination, EventClass::string, "set");
    } else if (database.erase(destination)) {
        database.changed(destination, EventClass::generic, "del");
    }
    reply.integer(static_cast<std::int64_t>(result.size()));
}

constexpr CommandSpec rows[] = {
    {.name = "setbit",
     .arguments = "key offset:integer value:integer",
     .arity = 4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update)},
     .group = Group::bitmap,
     .since = "2.2.0",
     .summary = "Sets or clears a bit of a string.",
     .complexity = "O(1)",
     .handler = setbit},
    {.name = "getbit",
     .arguments = "key offset:integer",
     .arity = 3,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::bitmap,
     .since = "2.2.0",
     .summary = "Returns a bit of a string.",
     .complexity = "O(1)",
     .handler = getbit},
    {.name = "bitcount",
     .arguments = "key [<range> start:integer end:integer [<unit> BYTE | BIT]]",
     .arity = -2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::bitmap,
     .since = "2.6.0",
     .summary = "Counts the bits set in a string or part of it.",
     .complexity = "O(N)",
     .handler = bitcount},
    {.name = "bitpos",
     .arguments = "key bit:integer [<range> start:integer [<end-unit-block> end:integer [<unit> BYTE | BIT]]]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::bitmap,
     .since = "2.8.7",
     .summary = "Finds the first set or clear bit.",
     .complexity = "O(N)",
     .handler = bitpos},
    {.name = "bitop",
     .arguments = "(<operation> AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE) destkey:key key...",
     .arity = -4,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(2, key_flag::ow | key_flag::update), keys::range(3, -1, 1, key_flag::ro | key_flag::access)},
     .group = Group::bitmap,
     .since = "2.6.0",
     .summary = "Combines strings bit by bit and stores the result.",
     .complexity = "O(N)",
     .handler = bitop},
};

}  // namespace

CommandFamily bitmap_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
