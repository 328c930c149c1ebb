// Operands are taken from the smallest to the largest (except for differences), so that sums of doubles come out in
// the order in which clients of Redis know them.
#include "proxy/resp/commands/zset_algebra.h"

#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace sabil::proxy::resp {
namespace {

using cache::ElementView;
using cache::KeyRef;
using cache::Set;
using cache::ZSet;

double weighed(const WeightedOperand& operand, double score) noexcept {
    const double value = operand.weight * score;
    return std::isnan(value) ? 0 : value;
}

// Adding opposite infinities gives zero.
void aggregate_into(double& target, double value, Aggregate aggregate) noexcept {
    switch (aggregate) {
        case Aggregate::sum:
            target += value;
            if (std::isnan(target)) target = 0;
            break;
        case Aggregate::min:
            target = value < target ? value : target;
            break;
        case Aggregate::max:
            target = value > target ? value : target;
            break;
    }
}

std::optional<Aggregate> aggregate_named(std::string_view word) noexcept {
    if (equals_ignoring_case(word, "sum")) return Aggregate::sum;
    if (equals_ignoring_case(word, "min")) return Aggregate::min;
    if (equals_ignoring_case(word, "max")) return Aggregate::max;
    return std::nullopt;
}

std::vector<WeightedOperand> smallest_first(std::vector<WeightedOperand> operands) {
    std::stable_sort(operands.begin(), operands.end(),
                     [](const auto& a, const auto& b) { return a.size() < b.size(); });
    return operands;
}

// Visits each member of the intersection with its aggregated score, until `visit` returns false.
template <class Visit>
void intersect(const AlgebraRequest& request, Visit visit) {
    const auto operands = smallest_first(request.operands);
    operands[0].for_each([&](ElementView member, double first_score) {
        DecimalBuffer scratch;
        const auto text = member.text(scratch);
        double score = weighed(operands[0], first_score);
        for (std::size_t i = 1; i < operands.size(); ++i) {
            const auto other = operands[i].same_as(operands[0]) ? std::optional(first_score) : operands[i].score(text);
            if (!other) return true;
            aggregate_into(score, *other * operands[i].weight, request.aggregate);
        }
        return visit(text, score);
    });
}

ZSet unite(const AlgebraRequest& request, const cache::EncodingLimits& encodings) {
    ZSet result;
    for (const auto& operand : smallest_first(request.operands)) {
        operand.for_each([&](ElementView member, double score) {
            DecimalBuffer scratch;
            const auto text = member.text(scratch);
            double value = weighed(operand, score);
            if (const auto current = result.score(text)) {
                double sum = *current;
                aggregate_into(sum, value, request.aggregate);
                value = sum;
            }
            result.add(text, value, encodings);
            return true;
        });
    }
    return result;
}

ZSet subtract(const AlgebraRequest& request, const cache::EncodingLimits& encodings) {
    ZSet result;
    const auto& operands = request.operands;
    operands[0].for_each([&](ElementView member, double score) {
        DecimalBuffer scratch;
        const auto text = member.text(scratch);
        const bool elsewhere = std::any_of(operands.begin() + 1, operands.end(), [&](const auto& other) {
            return other.same_as(operands[0]) || other.score(text).has_value();
        });
        if (!elsewhere) result.add(text, score, encodings);
        return true;
    });
    return result;
}

bool find_operand(cache::Database& database, std::string_view name, WeightedOperand& operand, Reply& reply) {
    auto* entry = database.find(KeyRef(name));
    if (entry == nullptr) return true;
    operand.zset = entry->get<ZSet>();
    operand.set = entry->get<Set>();
    if (operand.zset == nullptr && operand.set == nullptr) {
        reply.error(errors::wrong_type);
        return false;
    }
    return true;
}

}  // namespace

std::size_t WeightedOperand::size() const noexcept {
    return zset != nullptr ? zset->size() : set != nullptr ? set->size() : 0;
}

std::optional<double> WeightedOperand::score(std::string_view member) const noexcept {
    if (zset != nullptr) return zset->score(member);
    return set != nullptr && set->contains(member) ? std::optional(1.0) : std::nullopt;
}

void WeightedOperand::for_each(ZSet::Visitor visit) const {
    if (zset != nullptr && !zset->empty()) zset->for_each(visit);
    if (set != nullptr) set->for_each([&](ElementView member) { return visit(member, 1.0); });
}

bool AlgebraRequest::parse_weights(Args weights, Reply& reply) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
        if (!double_argument(weights[i], operands[i].weight, reply, "ERR weight value is not a float")) return false;
    }
    return true;
}

bool AlgebraRequest::parse_options(Args options, Reply& reply) {
    for (std::size_t i = 0; i < options.size();) {
        std::size_t taken = 0;
        if (!take_option(options.subspan(i), taken, reply)) return false;
        if (taken == 0) {
            reply.error(errors::syntax);
            return false;
        }
        i += taken;
    }
    return true;
}

// `taken` is how many arguments the option has; 0 where it is not known. False where an error has been written.
bool AlgebraRequest::take_option(Args options, std::size_t& taken, Reply& reply) {
    const bool combines_scores = operation != SetOperation::difference && !only_count;
    const auto word = options[0];
    const std::size_t left = options.size() - 1;
    if (combines_scores && left >= operands.size() && equals_ignoring_case(word, "weights")) {
        taken = operands.size() + 1;
        return parse_weights(options.subspan(1, operands.size()), reply);
    }
    if (combines_scores && left >= 1 && equals_ignoring_case(word, "aggregate")) {
        const auto named = aggregate_named(options[1]);
        if (named) aggregate = *named;
        taken = named ? 2 : 0;
    } else if (!stores && !only_count && equals_ignoring_case(word, "withscores")) {
        with_scores = true;
        taken = 1;
    } else if (only_count && left >= 1 && equals_ignoring_case(word, "limit")) {
        taken = 2;
        return integer_in_range(options[1], 0, INT64_MAX, limit, reply, "ERR LIMIT can't be negative");
    }
    return true;
}

bool AlgebraRequest::parse(cache::Database& database, Args args, std::size_t numkeys_at, Reply& reply) {
    std::int64_t count = 0;
    if (!integer_argument(args[numkeys_at], count, reply)) return false;
    if (count < 1) {
        reply.error("ERR at least 1 input key is needed for '" + std::string(command) + "' command");
        return false;
    }
    const Args rest = args.subspan(numkeys_at + 1);
    if (static_cast<std::uint64_t>(count) > rest.size()) {
        reply.error(errors::syntax);
        return false;
    }
    operands.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < operands.size(); ++i) {
        if (!find_operand(database, rest[i], operands[i], reply)) return false;
    }
    return parse_options(rest.subspan(operands.size()), reply);
}

ZSet combine(const AlgebraRequest& request, const cache::EncodingLimits& encodings) {
    switch (request.operation) {
        case SetOperation::set_union:
            return unite(request, encodings);
        case SetOperation::difference:
            return subtract(request, encodings);
        case SetOperation::intersection:
            break;
    }
    ZSet result;
    intersect(request, [&](std::string_view member, double score) {
        result.add(member, score, encodings);
        return true;
    });
    return result;
}

std::size_t count_intersection(const AlgebraRequest& request) {
    std::size_t count = 0;
    intersect(request, [&](std::string_view, double) {
        ++count;
        return request.limit == 0 || count < static_cast<std::size_t>(request.limit);
    });
    return count;
}

}  // namespace sabil::proxy::resp
