#include "proxy/resp/command_syntax.h"

#include "proxy/resp/command_table.h"

#include <gtest/gtest.h>

namespace sabil::proxy::resp {
namespace {

using Kind = SyntaxNode::Kind;

TEST(CommandSyntax, ReadsPlainArguments) {
    const auto nodes = parse_syntax("key value:integer [start:integer/from] field...", 1);
    ASSERT_EQ(nodes.size(), 4u);
    EXPECT_EQ(nodes[0].type, "key");
    EXPECT_EQ(nodes[0].key_spec, 0);
    EXPECT_EQ(nodes[1].type, "integer");
    EXPECT_EQ(nodes[1].key_spec, -1);
    EXPECT_TRUE(nodes[2].optional);
    EXPECT_EQ(nodes[2].name, "start");
    EXPECT_EQ(nodes[2].shown, "from");
    EXPECT_EQ(nodes[3].type, "string");
    EXPECT_TRUE(nodes[3].multiple);
    EXPECT_FALSE(nodes[3].multiple_token);
}

TEST(CommandSyntax, ReadsTokensChoicesAndBlocks) {
    const auto nodes = parse_syntax(
        "[<condition> NX | XX] [<limit:LIMIT> offset:integer count:integer] [GET pattern:pattern#1]+... [alpha=ALPHA] "
        "[STORE destination:key#2]",
        3);
    ASSERT_EQ(nodes.size(), 5u);
    EXPECT_EQ(nodes[0].kind, Kind::choice);
    EXPECT_EQ(nodes[0].name, "condition");
    ASSERT_EQ(nodes[0].inner.size(), 2u);
    EXPECT_EQ(nodes[0].inner[1].kind, Kind::token);
    EXPECT_EQ(nodes[0].inner[1].token, "XX");
    EXPECT_EQ(nodes[1].kind, Kind::block);
    EXPECT_EQ(nodes[1].token, "LIMIT");
    EXPECT_EQ(nodes[1].inner.size(), 2u);
    EXPECT_TRUE(nodes[2].optional && nodes[2].multiple && nodes[2].multiple_token);
    EXPECT_EQ(nodes[2].token, "GET");
    EXPECT_EQ(nodes[2].key_spec, 1);
    EXPECT_EQ(nodes[3].kind, Kind::token);
    EXPECT_EQ(nodes[3].name, "alpha");
    EXPECT_EQ(nodes[4].key_spec, 2);
}

TEST(CommandSyntax, RefusesWhatDoesNotFollowTheGrammar) {
    for (const char* text : {"key ", "[key", "key]", "(a | b", "[a b]", "[<x a]", "a  b", "[]", "..."}) {
        EXPECT_TRUE(parse_syntax(text, 1).empty()) << text;
    }
}

// The fewest arguments that the tree allows, each block's and choice's included.
int fewest(const std::vector<SyntaxNode>& nodes);

int fewest(const SyntaxNode& node) {
    if (node.optional) return 0;
    const int token = node.token.empty() && node.kind != Kind::token ? 0 : 1;
    if (node.kind == Kind::token) return 1;
    if (node.kind == Kind::argument) return token + 1;
    if (node.kind == Kind::block) return token + fewest(node.inner);
    int least = 1000;
    for (const auto& one : node.inner) least = std::min(least, fewest(one));
    return token + least;
}

int fewest(const std::vector<SyntaxNode>& nodes) {
    int sum = 0;
    for (const auto& node : nodes) sum += fewest(node);
    return sum;
}

TEST(CommandSyntax, EveryRowFollowsTheGrammarAndItsArity) {
    for (const auto& command : command_table().all()) {
        const auto& spec = *command->spec;
        const auto nodes = parse_syntax(spec.arguments, static_cast<int>(spec.keys.size()));
        EXPECT_EQ(nodes.empty(), spec.arguments.empty()) << command->name;
        if (!spec.subcommands.empty()) continue;
        const int words = (command->container != nullptr ? 2 : 1) + fewest(nodes);
        if (spec.arity >= 0) {
            EXPECT_EQ(words, spec.arity) << command->name;
        } else {
            // Rules between the arguments may ask for more than each one alone.
            EXPECT_LE(words, -spec.arity) << command->name;
        }
    }
}

}  // namespace
}  // namespace sabil::proxy::resp
