// What a reader at a terminal sees: colours and lines that fit; what a program reads stays plain.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace sabil::proxy::app {

enum class Tone : std::uint8_t { plain, quiet, good, fair, bad };

// Thread-safety: one thread.
class Terminal {
  public:
    // Colours only where the stream is a terminal, NO_COLOR is not set and TERM is not "dumb".
    explicit Terminal(std::FILE* stream);
    // For tests: columns 0 never folds.
    Terminal(std::FILE* stream, bool colours, std::size_t columns)
        : stream_(stream), colours_(colours), columns_(columns) {}

    // "name    value", the value folded below itself where the terminal is narrower.
    void field(std::string_view name, std::string_view value, Tone tone = Tone::plain);
    void line(std::string_view text, Tone tone = Tone::plain);
    std::string painted(std::string_view text, Tone tone) const;

    static constexpr std::size_t name_columns = 12;

  private:
    std::FILE* stream_;
    bool colours_ = false;
    std::size_t columns_ = 0;
};

}  // namespace sabil::proxy::app
