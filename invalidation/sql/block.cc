#include "invalidation/sql/block.h"

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "invalidation/sql/lexer.h"
#include "invalidation/sql/literal.h"

namespace sabil::invalidation::sql {

namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::string decode_adjacent(std::string_view text, bool backslash_escapes) {
    ParseMode mode;
    mode.no_backslash_escapes = !backslash_escapes;
    Lexer lexer(text, mode);
    std::string out;
    for (Token token = lexer.next(); token.kind == TokenKind::string; token = lexer.next()) {
        out += decode_string(token.text, backslash_escapes);
    }
    return out;
}

// A column whose table is known: an index into the block's sources, and its name in lower case.
using Owned = std::pair<std::size_t, std::string>;

class Resolver {
  public:
    Resolver(const Block& block, bool backslash_escapes, std::size_t& steps, std::vector<TableUse>& reads)
        : block_(block), backslash_escapes_(backslash_escapes), steps_(steps), reads_(reads) {}

    void run() {
        add(block_.where);
        if (block_.on_is_sound) add(block_.on);
        const std::size_t shared_pairs = pairs_.size();
        const std::size_t shared_ranges = ranges_.size();
        const Known shared = close(known_);
        for (std::size_t i = 0; i < block_.sources.size(); ++i) {
            const Source& source = block_.sources[i];
            if (!source.read) continue;
            if (source.own_on.empty() || !block_.on_is_sound) {
                emit(i, shared);
                continue;
            }
            // What holds for this table's rows only is added for it and forgotten again.
            known_ = shared;
            add(source.own_on);
            emit(i, close(known_));
            pairs_.resize(shared_pairs);
            ranges_.resize(shared_ranges);
        }
    }

  private:
    struct Value {
        std::string column;  // as written
        std::vector<Operand> any_of;
        std::vector<ColumnUse> from;
    };
    using Known = std::map<Owned, Value>;

    std::optional<std::size_t> owner(const ColumnName& name) const {
        if (name.table.text.empty()) {
            return block_.sources.size() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
        }
        const std::string table = decode_name(name.table);
        std::optional<std::size_t> found;
        for (std::size_t i = 0; i < block_.sources.size(); ++i) {
            const Source& source = block_.sources[i];
            if (!equal_ignoring_case(source.alias, table)) continue;
            if (found) return std::nullopt;
            found = i;
        }
        if (!found || name.schema.text.empty()) return found;
        const Source& source = block_.sources[*found];
        if (source.aliased || !source.read) return std::nullopt;
        const std::string& schema = reads_[*source.read].name.schema;
        return equal_ignoring_case(schema, decode_name(name.schema)) ? found : std::nullopt;
    }

    void add(const std::vector<Conjunct>& conjuncts) {
        for (const Conjunct& conjunct : conjuncts) {
            const auto source = owner(conjunct.column);
            if (!source) continue;
            const std::string column = decode_name(conjunct.column.column);
            if (conjunct.kind != Conjunct::Kind::equality) {
                add_range(*source, column, conjunct);
                continue;
            }
            if (conjunct.any_of.empty()) {
                const auto other = owner(conjunct.other);
                if (other) pairs_.push_back({{*source, column}, {*other, decode_name(conjunct.other.column)}});
                continue;
            }
            Value value;
            value.column = column;
            if (operands(conjunct, value.any_of)) known_.try_emplace({*source, lower_case(column)}, std::move(value));
        }
    }

    void add_range(std::size_t source, const std::string& column, const Conjunct& conjunct) {
        Range range{column, {}, {}, conjunct.kind == Conjunct::Kind::prefix};
        if (!bound(conjunct.low, range.low) || !bound(conjunct.high, range.high)) return;
        ranges_.emplace_back(source, std::move(range));
    }

    bool bound(const std::optional<Constant>& constant, std::optional<Operand>& out) const {
        std::vector<Operand> one;
        if (!constant) return true;
        if (!operands({{}, {}, {*constant}, Conjunct::Kind::equality, {}, {}}, one)) return false;
        out = std::move(one.front());
        return true;
    }

    // False where one is NULL: such a comparison is never true.
    bool operands(const Conjunct& conjunct, std::vector<Operand>& out) const {
        for (const Constant& constant : conjunct.any_of) {
            if (constant.token.kind == TokenKind::parameter) {
                out.emplace_back(Parameter{constant.parameter});
                continue;
            }
            Literal literal = to_literal(constant, backslash_escapes_);
            if (literal.type == Literal::Type::null) return false;
            out.emplace_back(std::move(literal));
        }
        return true;
    }

    // Carries constants over the equalities of columns until nothing is new.
    Known close(Known known) {
        bool changed = true;
        while (changed) {
            changed = false;
            for (const auto& [a, b] : pairs_) {
                if (steps_ == 0) return known;
                --steps_;
                changed = carry(a, b, known) || changed;
                changed = carry(b, a, known) || changed;
            }
        }
        return known;
    }

    bool carry(const Owned& from, const Owned& to, Known& known) const {
        const auto it = known.find({from.first, lower_case(from.second)});
        if (it == known.end() || !block_.sources[from.first].read) return false;
        Owned key{to.first, lower_case(to.second)};
        if (known.contains(key)) return false;
        Value value{to.second, it->second.any_of, it->second.from};
        value.from.push_back({*block_.sources[from.first].read, from.second});
        known.emplace(std::move(key), std::move(value));
        return true;
    }

    void emit(std::size_t source, const Known& known) const {
        std::vector<Equality>& out = reads_[*block_.sources[source].read].equalities;
        for (auto it = known.lower_bound({source, std::string()}); it != known.end() && it->first.first == source;
             ++it) {
            out.push_back({it->second.column, it->second.any_of, it->second.from});
        }
        for (const auto& [owner, range] : ranges_) {
            if (owner == source) reads_[*block_.sources[source].read].ranges.push_back(range);
        }
    }

    const Block& block_;
    bool backslash_escapes_;
    std::size_t& steps_;
    std::vector<TableUse>& reads_;
    Known known_;
    std::vector<std::pair<Owned, Owned>> pairs_;
    std::vector<std::pair<std::size_t, Range>> ranges_;  // by source
};

// Which of the uses of one table name (in any letter case) may be the same table as another of them.
void drop_repeated(const std::vector<std::size_t>& uses, std::vector<TableUse>& reads) {
    if (uses.size() < 2) return;
    bool any_default = false;
    std::unordered_map<std::string, std::size_t> schemas;
    for (const std::size_t use : uses) {
        any_default = any_default || reads[use].name.schema.empty();
        ++schemas[lower_case(reads[use].name.schema)];
    }
    for (const std::size_t use : uses) {
        if (any_default || schemas[lower_case(reads[use].name.schema)] > 1) {
            reads[use].equalities.clear();
            reads[use].ranges.clear();
        }
    }
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

Literal to_literal(const Constant& constant, bool backslash_escapes) {
    const Token& token = constant.token;
    const auto number = [&](Literal::Type type) {
        return Literal{type, constant.negative ? "-" + std::string(token.text) : std::string(token.text)};
    };
    switch (token.kind) {
        case TokenKind::integer:
            return number(Literal::Type::integer);
        case TokenKind::decimal:
            return number(Literal::Type::decimal);
        case TokenKind::floating:
            return number(Literal::Type::floating);
        case TokenKind::string:
            return {Literal::Type::string, decode_adjacent(token.text, backslash_escapes)};
        case TokenKind::hex:
        case TokenKind::bit:
            return {Literal::Type::binary, decode_bytes(token)};
        case TokenKind::word:
            if (token.is("TRUE"_w)) return {Literal::Type::boolean, "1"};
            if (token.is("FALSE"_w)) return {Literal::Type::boolean, "0"};
            return {};
        default:
            return {};
    }
}

void resolve_equalities(const Block& block, bool backslash_escapes, std::size_t& steps, std::vector<TableUse>& reads) {
    std::size_t conjuncts = block.where.size() + block.on.size();
    bool any = conjuncts != 0;
    for (const Source& source : block.sources) {
        conjuncts += source.own_on.size();
        any = any || !source.own_on.empty();
    }
    if (!any || conjuncts > max_conjuncts_count || block.sources.size() > max_conjuncts_count) return;
    Resolver(block, backslash_escapes, steps, reads).run();
}

void merge_uses(std::vector<TableUse>& reads) {
    if (reads.size() < 2) return;
    std::unordered_map<std::string, std::vector<std::size_t>> by_table;
    for (std::size_t i = 0; i < reads.size(); ++i) by_table[lower_case(reads[i].name.table)].push_back(i);
    for (const auto& [table, uses] : by_table) drop_repeated(uses, reads);

    std::map<std::pair<std::string, std::string>, std::size_t> kept;
    std::vector<std::size_t> moved(reads.size());
    std::vector<TableUse> merged;
    for (std::size_t i = 0; i < reads.size(); ++i) {
        const auto [it, fresh] = kept.try_emplace({reads[i].name.schema, reads[i].name.table}, merged.size());
        moved[i] = it->second;
        if (fresh) merged.push_back(std::move(reads[i]));
    }
    for (TableUse& use : merged) {
        for (Equality& equality : use.equalities) {
            for (ColumnUse& from : equality.propagated_from) from.read = moved[from.read];
        }
    }
    reads = std::move(merged);
}

}  // namespace sabil::invalidation::sql
