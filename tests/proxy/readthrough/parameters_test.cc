#include "proxy/readthrough/parameters.h"

#include <gtest/gtest.h>

namespace sabil::proxy::readthrough {
namespace {

BoundParameters bound(ParameterKind kind, std::string_view text, bool row_count = false) {
    Captures captures;
    captures.values[0] = text;
    captures.count = 1;
    QueryTemplate query{"?", {{0, row_count}}};
    return bind(query, {kind}, captures).value();
}

TEST(Bind, ATextColumnIsComparedWithText) {
    auto out = bound(ParameterKind::text, "42");
    EXPECT_EQ(std::get<std::string>(out.values[0]), "42");
    EXPECT_EQ(out.literals[0].literal.type, invalidation::sql::Literal::Type::string);
}

TEST(Bind, AnIntegerColumnIsComparedWithAnInteger) {
    auto out = bound(ParameterKind::integer, "-42");
    EXPECT_EQ(std::get<std::int64_t>(out.values[0]), -42);
    EXPECT_EQ(out.literals[0].literal.type, invalidation::sql::Literal::Type::integer);
    EXPECT_EQ(std::get<std::uint64_t>(bound(ParameterKind::integer, "18446744073709551615").values[0]), UINT64_MAX);
}

TEST(Bind, WhatIsNoCanonicalIntegerStaysText) {
    for (const auto* text : {"42abc", "042", "+42", " 42", "4.2", "99999999999999999999", "-0", "0x2a"}) {
        auto out = bound(ParameterKind::integer, text);
        EXPECT_TRUE(std::holds_alternative<std::string>(out.values[0])) << text;
        EXPECT_EQ(out.literals[0].literal.type, invalidation::sql::Literal::Type::string) << text;
    }
}

TEST(Bind, ARowCountMustBeANumberFromZero) {
    EXPECT_EQ(std::get<std::int64_t>(bound(ParameterKind::text, "10", true).values[0]), 10);
    for (const auto* text : {"ten", "-1", "1.5"}) {
        Captures captures;
        captures.values[0] = text;
        QueryTemplate query{"?", {{0, true}}};
        EXPECT_FALSE(bind(query, {ParameterKind::text}, captures)) << text;
    }
}

}  // namespace
}  // namespace sabil::proxy::readthrough
