// BITFIELD: integers of any width inside a string.
#include "cache/types/bitmap.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/bit_argument.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;
using cache::PackedInteger;

struct FieldOperation {
    enum class Kind : std::uint8_t { get, set, increment };
    Kind kind = Kind::get;
    PackedInteger type;
    PackedInteger::Overflow overflow = PackedInteger::Overflow::wrap;
    std::uint64_t bit = 0;
    std::int64_t operand = 0;
};

bool type_argument(std::string_view text, PackedInteger& type, Reply& reply) {
    const bool is_signed = !text.empty() && text[0] == 'i';
    const auto bits = text.size() > 1 ? to_integer(text.substr(1)) : std::nullopt;
    if ((is_signed || (!text.empty() && text[0] == 'u')) && bits && *bits >= 1 && *bits <= (is_signed ? 64 : 63)) {
        type = {is_signed, static_cast<unsigned>(*bits)};
        return true;
    }
    reply.error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
    return false;
}

bool overflow_argument(std::string_view word, PackedInteger::Overflow& overflow, Reply& reply) {
    if (equals_ignoring_case(word, "wrap")) {
        overflow = PackedInteger::Overflow::wrap;
    } else if (equals_ignoring_case(word, "sat")) {
        overflow = PackedInteger::Overflow::saturate;
    } else if (equals_ignoring_case(word, "fail")) {
        overflow = PackedInteger::Overflow::fail;
    } else {
        reply.error("ERR Invalid OVERFLOW type specified");
        return false;
    }
    return true;
}

// How many arguments the operation named takes; 0 where it is unknown or they are not there.
std::size_t operation_named(std::string_view word, std::size_t left, FieldOperation::Kind& kind) noexcept {
    using Kind = FieldOperation::Kind;
    const bool get = equals_ignoring_case(word, "get");
    const bool set = equals_ignoring_case(word, "set");
    if (!get && !set && !equals_ignoring_case(word, "incrby")) return 0;
    kind = get ? Kind::get : set ? Kind::set : Kind::increment;
    const std::size_t takes = get ? 2 : 3;
    return left >= takes ? takes : 0;
}

bool parse_operations(Args args, bool only_reads, std::vector<FieldOperation>& operations, Reply& reply) {
    auto overflow = PackedInteger::Overflow::wrap;
    for (std::size_t i = 2; i < args.size(); ++i) {
        if (i + 1 < args.size() && equals_ignoring_case(args[i], "overflow")) {
            if (!overflow_argument(args[++i], overflow, reply)) return false;
            continue;
        }
        FieldOperation operation;
        operation.overflow = overflow;
        const std::size_t takes = operation_named(args[i], args.size() - i - 1, operation.kind);
        if (takes == 0) {
            reply.error(errors::syntax);
            return false;
        }
        if (!type_argument(args[i + 1], operation.type, reply)) return false;
        if (!bit_offset_argument(args[i + 2], operation.type.bits, operation.bit, reply)) return false;
        if (takes == 3 && !integer_argument(args[i + 3], operation.operand, reply)) return false;
        operations.push_back(operation);
        i += takes;
    }
    const bool writes = std::any_of(operations.begin(), operations.end(),
                                    [](const auto& o) { return o.kind != FieldOperation::Kind::get; });
    if (only_reads && writes) reply.error("ERR BITFIELD_RO only supports the GET subcommand");
    return !(only_reads && writes);
}

// True where the string was changed.
bool write_field(cache::String& text, const FieldOperation& operation, Reply& reply) {
    const bool sets = operation.kind == FieldOperation::Kind::set;
    const std::int64_t before = operation.type.read(text.view(), operation.bit);
    const auto after =
        operation.type.add(sets ? operation.operand : before, sets ? 0 : operation.operand, operation.overflow);
    if (!after) {
        reply.null();
        return false;
    }
    operation.type.write(text.data(), operation.bit, *after);
    reply.integer(sets ? before : *after);
    return *after != before;
}

void read_fields(Database& database, const KeyRef& key, const std::vector<FieldOperation>& operations, Reply& reply) {
    const auto found = database.find_string(key);
    if (refuse_wrong_type(found, reply)) return;
    DecimalBuffer scratch;
    const auto text = found ? found->text(scratch) : std::string_view{};
    reply.array(operations.size());
    for (const auto& operation : operations) reply.integer(operation.type.read(text, operation.bit));
}

void write_fields(Database& database, const KeyRef& key, const std::vector<FieldOperation>& operations, Reply& reply) {
    const auto text = database.edit_string(key, true);
    if (refuse_wrong_type(text, reply)) return;
    std::size_t size = 0;
    for (const auto& operation : operations) {
        if (operation.kind == FieldOperation::Kind::get) continue;
        size = std::max<std::size_t>(size, (operation.bit + operation.type.bits - 1) / 8 + 1);
    }
    bool changed = text->size() < size;
    if (changed) text->resize(size);
    reply.array(operations.size());
    for (const auto& operation : operations) {
        if (operation.kind == FieldOperation::Kind::get) {
            reply.integer(operation.type.read(text->view(), operation.bit));
        } else {
            changed |= write_field(*text, operation, reply);
        }
    }
    if (changed) database.changed(key, EventClass::string, "setbit");
}

void run(Database& database, Args args, bool only_reads, Reply& reply, Session& session) {
    std::vector<FieldOperation> operations;
    if (!parse_operations(args, only_reads, operations, reply)) return;
    const bool writes = std::any_of(operations.begin(), operations.end(),
                                    [](const auto& o) { return o.kind != FieldOperation::Kind::get; });
    const KeyRef key = session.key(args[1]);
    writes ? write_fields(database, key, operations, reply) : read_fields(database, key, operations, reply);
}

// BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] SET type offset value | INCRBY type offset by ...]
void bitfield(Database& database, Args args, Reply& reply, Session& session) {
    run(database, args, false, reply, session);
}

// BITFIELD_RO key [GET type offset ...]
void bitfield_ro(Database& database, Args args, Reply& reply, Session& session) {
    run(database, args, true, reply, session);
}

// Where it only gets, it is a read.
void find_bitfield_key(Args args, std::vector<FoundKey>& found) {
    if (args.size() < 2) return;
    bool writes = false;
    for (std::size_t i = 2; i < args.size() && !writes;) {
        const bool gets = equals_ignoring_case(args[i], "get");
        writes = !gets && !equals_ignoring_case(args[i], "overflow");
        i += gets ? 3 : 2;
    }
    const auto flags = writes ? key_flag::rw | key_flag::access | key_flag::update : key_flag::ro | key_flag::access;
    found.push_back({1, static_cast<std::uint16_t>(flags)});
}

constexpr CommandSpec rows[] = {
    {.name = "bitfield",
     .arguments = "key [<operation> (<get-block:GET> encoding offset:integer) | (<write> "
                  "[<overflow-block:OVERFLOW> WRAP | SAT | FAIL] (<write-operation> (<set-block:SET> encoding "
                  "offset:integer value:integer) | (<incrby-block:INCRBY> encoding offset:integer "
                  "increment:integer)))]...",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::access | key_flag::update | key_flag::variable)},
     .find_keys = find_bitfield_key,
     .group = Group::bitmap,
     .since = "3.2.0",
     .summary = "Reads, sets and increments integers of any width inside a string.",
     .complexity = "O(1)",
     .handler = bitfield},
    {.name = "bitfield_ro",
     .arguments = "key [<get-block:GET> encoding offset:integer]+...",
     .arity = -2,
     .access = Access::read(),
     .flags = flag::fast,
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::bitmap,
     .since = "6.0.0",
     .summary = "Reads integers of any width inside a string.",
     .complexity = "O(1)",
     .handler = bitfield_ro},
};

}  // namespace

CommandFamily bitfield_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
