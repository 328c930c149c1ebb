#include "proxy/readthrough/key_template.h"

#include <algorithm>

namespace sabil::proxy::readthrough {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

bool is_name(std::string_view text) noexcept {
    constexpr std::size_t longest_name_bytes = 64;
    if (text.empty() || text.size() > longest_name_bytes || !is_letter(text.front())) return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

Result<KeyTemplate> KeyTemplate::parse(const std::string& text) {
    auto wrong = [&](const std::string& why) { return fail(ErrorCode::invalid, "key '" + text + "' " + why); };
    if (text.empty()) return wrong("is empty");
    if (text.size() > max_key_template_bytes) return wrong("is longer than 1024 bytes");
    KeyTemplate out;
    out.text_ = text;
    for (std::size_t from = 0; from <= text.size();) {
        auto end = std::min(text.find(':', from), text.size());
        auto part = std::string_view(text).substr(from, end - from);
        from = end + 1;
        auto open = part.find('{');
        if (open == std::string_view::npos) {
            if (part.find('}') != std::string_view::npos) return wrong("has a '}' without its '{'");
            out.parts_.push_back({std::string(part), {}, false});
            continue;
        }
        auto close = part.find('}', open);
        if (close == std::string_view::npos) return wrong("has a '{' without its '}'");
        auto name = part.substr(open + 1, close - open - 1);
        auto after = part.substr(close + 1);
        if (!is_name(name)) return wrong("has the name '" + std::string(name) + "'; use letters, digits and _");
        if (after.find('{') != std::string_view::npos) {
            return wrong("is ambiguous: two names in '" + std::string(part) + "'; separate them by ':'");
        }
        if (std::find(out.names_.begin(), out.names_.end(), name) != out.names_.end()) {
            return wrong("has {" + std::string(name) + "} twice");
        }
        out.names_.emplace_back(name);
        out.parts_.push_back({std::string(part.substr(0, open)), std::string(after), true});
    }
    if (out.names_.size() > max_names) return wrong("has more than 16 names");
    return out;
}

bool KeyTemplate::match(std::string_view key, Captures& captures) const noexcept {
    captures.count = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        const auto& part = parts_[i];
        bool last = i + 1 == parts_.size();
        auto end = key.find(':');
        if (last != (end == std::string_view::npos)) return false;
        auto here = key.substr(0, end);
        if (part.named) {
            if (here.size() <= part.before.size() + part.after.size() || !here.starts_with(part.before) ||
                !here.ends_with(part.after)) {
                return false;
            }
            captures.values[captures.count++] =
                here.substr(part.before.size(), here.size() - part.before.size() - part.after.size());
        } else if (here != part.before) {
            return false;
        }
        if (!last) key.remove_prefix(end + 1);
    }
    return true;
}

bool KeyTemplate::Part::covers(const Part& other) const noexcept {
    if (!named) return !other.named && before == other.before;
    if (other.named) return other.before.starts_with(before) && other.after.ends_with(after);
    return other.before.size() > before.size() + after.size() && other.before.starts_with(before) &&
           other.before.ends_with(after);
}

bool KeyTemplate::covers(const KeyTemplate& other) const noexcept {
    return parts_.size() == other.parts_.size() &&
           std::equal(parts_.begin(), parts_.end(), other.parts_.begin(),
                      [](const Part& mine, const Part& theirs) { return mine.covers(theirs); });
}

}  // namespace sabil::proxy::readthrough
