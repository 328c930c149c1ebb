#include "proxy/app/terminal.h"

#include <gtest/gtest.h>

namespace sabil::proxy::app {
namespace {

std::string shown(bool colours, std::size_t columns, std::string_view value, Tone tone = Tone::plain) {
    char* text = nullptr;
    std::size_t size = 0;
    auto* stream = open_memstream(&text, &size);
    Terminal(stream, colours, columns).field("note", value, tone);
    std::fclose(stream);
    std::string out(text, size);
    std::free(text);
    return out;
}

TEST(Terminal, PlainWhereNobodyLooks) {
    EXPECT_EQ(shown(false, 0, std::string(300, 'x')), "note        " + std::string(300, 'x') + "\n");
    EXPECT_EQ(shown(false, 0, ""), "note        \n");
    auto* null = std::fopen("/dev/null", "w");
    EXPECT_EQ(Terminal(null).painted("good", Tone::good), "good");
    std::fclose(null);
}

TEST(Terminal, FoldsBetweenWords) {
    EXPECT_EQ(shown(false, 40, "one two three four five six seven eight nine"),
              "note        one two three four five six\n            seven eight nine\n");
    EXPECT_EQ(shown(false, 40, "a " + std::string(60, 'x') + " b"),
              "note        a\n            " + std::string(60, 'x') + "\n            b\n");
}

TEST(Terminal, Colours) {
    EXPECT_EQ(shown(true, 0, "yes", Tone::good), "\x1b[2mnote        \x1b[0m\x1b[32myes\x1b[0m\n");
}

}  // namespace
}  // namespace sabil::proxy::app
