#include "proxy/readthrough/value_text.h"

#include <algorithm>
#include <vector>

namespace sabil::proxy::readthrough {
namespace {

// Parts with their lengths, so that they cannot run into each other.
std::string joined(std::vector<std::string> parts) {
    std::string out;
    for (const auto& part : parts) out += std::to_string(part.size()) + ":" + part + " ";
    return out;
}

std::vector<std::string> sorted(std::vector<std::string> parts) {
    std::sort(parts.begin(), parts.end());
    return parts;
}

}  // namespace

std::string value_text(const cache::Value& value) {
    std::vector<std::string> parts;
    if (const auto* number = value.get<std::int64_t>()) return "string " + std::to_string(*number);
    if (const auto* text = value.get<cache::String>()) return "string " + std::string(text->view());
    if (const auto* list = value.get<cache::List>()) {
        list->for_each([&](cache::ElementView element) {
            parts.emplace_back(element.str());
            return true;
        });
        return "list " + joined(std::move(parts));
    }
    if (const auto* set = value.get<cache::Set>()) {
        set->for_each([&](cache::ElementView member) {
            parts.emplace_back(member.str());
            return true;
        });
        return "set " + joined(sorted(std::move(parts)));
    }
    if (const auto* zset = value.get<cache::ZSet>()) {
        zset->for_each([&](cache::ElementView member, double score) {
            parts.push_back(joined({std::string(member.str()), std::to_string(score)}));
            return true;
        });
        return "zset " + joined(sorted(std::move(parts)));
    }
    if (const auto* hash = value.get<cache::Hash>()) {
        hash->for_each([&](cache::ElementView field, cache::ElementView content) {
            parts.push_back(joined({std::string(field.str()), std::string(content.str())}));
        });
        return "hash " + joined(sorted(std::move(parts)));
    }
    return "absent";
}

cache::Value copy_of(const cache::Entry& entry) {
    if (entry.type() == cache::ValueType::absent) return {};
    if (const auto* list = entry.get<cache::List>()) return cache::Value(list->clone());
    if (const auto* set = entry.get<cache::Set>()) return cache::Value(set->clone());
    if (const auto* zset = entry.get<cache::ZSet>()) return cache::Value(zset->clone());
    if (const auto* hash = entry.get<cache::Hash>()) return cache::Value(hash->clone());
    return cache::Value::string(entry.string().str());
}

}  // namespace sabil::proxy::readthrough
