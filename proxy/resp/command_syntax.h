// What a command takes, as its row writes it down, and the tree that COMMAND DOCS shows of it.
//
//   sequence  = term { " " term }
//   term      = ( argument | "[" body "]" | "(" body ")" ) [ "..." | "+..." ]
//   body      = [ "<" name [ ":" TOKEN ] "> " ] sequence { " | " sequence }
//   argument  = TOKEN | name "=" token | [ TOKEN " " ] name [ ":" type ] [ "#" spec ] [ "/" shown ]
//
// Square brackets: may be left out. "...": may be repeated, "+...": together with its token. A body with a name is a
// choice where it has bars, else a block; without a name it is its one term. A word without lower-case letters is a
// token: the one of the argument after it, or where a bracket or a bar follows, an argument by itself under its own
// name in lower case. Types: string (left out), integer, double, key (left out where the name is "key"), pattern,
// unix-time. `spec` is the number of the key's specification, where it is not the next one; `shown` is what usage lines
// show in place of the name.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

struct SyntaxNode {
    enum class Kind : std::uint8_t { argument, token, choice, block };
    Kind kind = Kind::argument;
    std::string_view name;   // empty: the token in lower case
    std::string_view type;   // of an argument
    std::string_view token;  // empty: none
    std::string_view shown;  // empty: the name
    int key_spec = -1;       // of keys and of patterns that name keys
    bool optional = false;
    bool multiple = false;
    bool multiple_token = false;
    std::vector<SyntaxNode> inner;
};

// Views `text`. Empty where the text does not follow the grammar, which a test over all rows excludes.
// specs_count: how many key specifications the command has.
std::vector<SyntaxNode> parse_syntax(std::string_view text, int specs_count);

}  // namespace sabil::proxy::resp
