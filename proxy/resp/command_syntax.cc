#include "proxy/resp/command_syntax.h"

#include <algorithm>
#include <charconv>

namespace sabil::proxy::resp {
namespace {

bool is_token(std::string_view word) noexcept {
    return std::none_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

class Parser {
  public:
    Parser(std::string_view text, int specs_count) noexcept : rest_(text), specs_count_(specs_count) {}

    std::vector<SyntaxNode> run() {
        auto out = sequence();
        if (!rest_.empty()) failed_ = true;
        return failed_ ? std::vector<SyntaxNode>{} : out;
    }

  private:
    bool take(std::string_view mark) noexcept {
        if (rest_.substr(0, mark.size()) != mark) return false;
        rest_.remove_prefix(mark.size());
        return true;
    }

    // Up to a blank, a closing bracket or the dots of a repetition.
    std::string_view word() noexcept {
        std::size_t end = 0;
        while (end < rest_.size() && rest_[end] != ' ' && rest_[end] != ']' && rest_[end] != ')' &&
               rest_.substr(end, 3) != "..." && rest_.substr(end, 4) != "+...") {
            ++end;
        }
        auto found = rest_.substr(0, end);
        rest_.remove_prefix(end);
        failed_ |= found.empty();
        return found;
    }

    std::vector<SyntaxNode> sequence() {
        std::vector<SyntaxNode> out;
        while (!failed_ && !rest_.empty()) {
            out.push_back(term());
            if (rest_.substr(0, 3) == " | " || !take(" ")) break;
            failed_ |= rest_.empty();
        }
        return out;
    }

    SyntaxNode term() {
        SyntaxNode node;
        if (take("[")) {
            node = body("]");
            node.optional = true;
        } else if (take("(")) {
            node = body(")");
        } else {
            node = argument();
        }
        if (take("+...")) {
            node.multiple = node.multiple_token = true;
        } else if (take("...")) {
            node.multiple = true;
        }
        return node;
    }

    SyntaxNode body(std::string_view closing) {
        SyntaxNode node;
        const bool named = take("<");
        if (named) {
            const auto end = rest_.find('>');
            if (end == std::string_view::npos) return fail();
            const auto head = rest_.substr(0, end);
            rest_.remove_prefix(end + 1);
            const auto colon = head.find(':');
            node.name = head.substr(0, colon);
            if (colon != std::string_view::npos) node.token = head.substr(colon + 1);
            if (!take(" ")) return fail();
        }
        node.inner = sequence();
        node.kind = SyntaxNode::Kind::block;
        while (take(" | ")) {
            node.kind = SyntaxNode::Kind::choice;
            for (auto& one : sequence()) node.inner.push_back(std::move(one));
        }
        if (!take(closing) || node.inner.empty()) return fail();
        if (named) return node;
        if (node.inner.size() != 1) return fail();
        return SyntaxNode(std::move(node.inner.front()));
    }

    SyntaxNode argument() {
        SyntaxNode node;
        auto first = word();
        if (const auto equals = first.find('='); equals != 0 && equals != std::string_view::npos) {
            node.kind = SyntaxNode::Kind::token;
            node.name = first.substr(0, equals);
            node.token = first.substr(equals + 1);
            if (node.token == "\"\"") node.token = {};
            return node;
        }
        if (is_token(first)) {
            node.token = first == "\"\"" ? std::string_view() : first;
            const bool goes_on = rest_.size() > 1 && rest_[0] == ' ' && rest_[1] >= 'a' && rest_[1] <= 'z';
            if (!goes_on) {
                node.kind = SyntaxNode::Kind::token;
                return node;
            }
            take(" ");
            first = word();
        }
        describe(first, node);
        return node;
    }

    void describe(std::string_view text, SyntaxNode& node) {
        if (const auto slash = text.find('/'); slash != std::string_view::npos) {
            node.shown = text.substr(slash + 1);
            text = text.substr(0, slash);
        }
        bool has_spec = false;
        if (const auto hash = text.find('#'); hash != std::string_view::npos) {
            has_spec = true;
            std::from_chars(text.data() + hash + 1, text.data() + text.size(), node.key_spec);
            text = text.substr(0, hash);
        }
        const auto colon = text.find(':');
        node.name = text.substr(0, colon);
        node.type = colon != std::string_view::npos ? text.substr(colon + 1) : node.name == "key" ? "key" : "string";
        if (node.type == "key" && !has_spec && next_spec_ < specs_count_) node.key_spec = next_spec_++;
    }

    SyntaxNode fail() noexcept {
        failed_ = true;
        return {};
    }

    std::string_view rest_;
    int specs_count_;
    int next_spec_ = 0;
    bool failed_ = false;
};

}  // namespace

std::vector<SyntaxNode> parse_syntax(std::string_view text, int specs_count) {
    return Parser(text, specs_count).run();
}

}  // namespace sabil::proxy::resp
