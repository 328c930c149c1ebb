#include "proxy/readthrough/query_template.h"

#include <algorithm>
#include <string_view>

#include "proxy/readthrough/key_template.h"

namespace sabil::proxy::readthrough {
namespace {

// Walks the text once, copying what is no name.
class Reader {
  public:
    Reader(std::string_view query, const std::vector<std::string>& names) : rest_(query), names_(names) {}

    Result<QueryTemplate> read() {
        while (!rest_.empty()) {
            auto step = read_one();
            if (!step) return tl::unexpected(step.error());
        }
        if (out_.bindings.size() > max_bindings) return wrong("binds more than 256 parameters");
        return std::move(out_);
    }

  private:
    static tl::unexpected<Error> wrong(const std::string& why) { return fail(ErrorCode::invalid, "query " + why); }

    void copy(std::size_t n) {
        out_.text.append(rest_.substr(0, n));
        rest_.remove_prefix(std::min(n, rest_.size()));
    }

    Result<void> read_one() {
        char c = rest_.front();
        if (c == '\'' || c == '"' || c == '`') return read_quoted(c);
        if (rest_.starts_with("/*")) return copy_through("*/"), Result<void>{};
        if (c == '#' || rest_.starts_with("-- ")) return copy_through("\n"), Result<void>{};
        if (c == '?') return wrong("has a bare '?'; write the key's {name} in its place");
        if (c == ';') {
            if (rest_.find_first_not_of("; \t\r\n") != std::string_view::npos)
                return wrong("has more than one statement");
            rest_ = {};
            return {};
        }
        if (c == '{') return read_brace();
        read_plain(c);
        return {};
    }

    void read_plain(char c) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter) {
            if (c == ')' || c == '=') row_count_ = false;
            return copy(1);
        }
        auto end = std::find_if(rest_.begin(), rest_.end(), [](char x) {
            return !((x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9') || x == '_');
        });
        std::string word(rest_.begin(), end);
        for (char& x : word) {
            if (x >= 'a' && x <= 'z') x = static_cast<char>(x - 'a' + 'A');
        }
        row_count_ = word == "LIMIT" || word == "OFFSET";
        copy(word.size());
    }

    Result<void> read_quoted(char quote) {
        std::size_t i = 1;
        while (i < rest_.size() && rest_[i] != quote) i += rest_[i] == '\\' && quote != '`' ? 2 : 1;
        if (i >= rest_.size()) return wrong("has quotes that do not close");
        auto inside = rest_.substr(1, i - 1);
        for (const auto& name : names_) {
            if (inside.find("{" + name + "}") != std::string_view::npos) {
                return wrong("has {" + name + "} inside quotes; remove the quotes, it is bound as a parameter");
            }
        }
        copy(i + 1);
        return {};
    }

    void copy_through(std::string_view end) {
        auto at = rest_.find(end, 2);
        copy(at == std::string_view::npos ? rest_.size() : at + end.size());
    }

    Result<void> read_brace() {
        auto close = rest_.find('}');
        auto name = close == std::string_view::npos ? std::string_view{} : rest_.substr(1, close - 1);
        if (!is_name(name)) return copy(1), Result<void>{};
        auto at = std::find(names_.begin(), names_.end(), name);
        if (at == names_.end()) return wrong("uses {" + std::string(name) + "}, which the key does not have");
        out_.bindings.push_back({static_cast<std::size_t>(at - names_.begin()), row_count_});
        out_.text += '?';
        rest_.remove_prefix(close + 1);
        return {};
    }

    std::string_view rest_;
    const std::vector<std::string>& names_;
    QueryTemplate out_;
    bool row_count_ = false;  // the last word was LIMIT or OFFSET
};

}  // namespace

Result<QueryTemplate> parse_query_template(const std::string& query, const std::vector<std::string>& names) {
    if (query.size() > max_query_bytes) return fail(ErrorCode::out_of_range, "query is longer than 64 KiB");
    if (query.find('\0') != std::string::npos) return fail(ErrorCode::invalid, "query has a zero byte");
    return Reader(query, names).read();
}

}  // namespace sabil::proxy::readthrough
