#include "proxy/app/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace sabil::proxy::app {
namespace {

constexpr std::size_t least_columns = 40;

const char* code(Tone tone) {
    switch (tone) {
        case Tone::plain:
            return "";
        case Tone::quiet:
            return "\x1b[2m";
        case Tone::good:
            return "\x1b[32m";
        case Tone::fair:
            return "\x1b[33m";
        case Tone::bad:
            return "\x1b[31m";
    }
    return "";
}

std::size_t columns_of(int fd) {
    winsize size{};
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

// The longest prefix of whole words within `room`, or one word that is longer.
std::string_view take_row(std::string_view& text, std::size_t room) {
    auto cut = text.size();
    if (text.size() > room) {
        cut = text.rfind(' ', room);
        if (cut == std::string_view::npos || cut == 0) cut = std::min(text.find(' '), text.size());
    }
    auto row = text.substr(0, cut);
    text.remove_prefix(std::min(text.size(), cut + 1));
    return row;
}

}  // namespace

Terminal::Terminal(std::FILE* stream) : stream_(stream) {
    int fd = fileno(stream);
    if (isatty(fd) == 0) return;
    columns_ = columns_of(fd);
    const char* kind = std::getenv("TERM");
    colours_ = std::getenv("NO_COLOR") == nullptr && kind != nullptr && std::string_view(kind) != "dumb";
}

std::string Terminal::painted(std::string_view text, Tone tone) const {
    if (!colours_ || tone == Tone::plain || text.empty()) return std::string(text);
    return code(tone) + std::string(text) + "\x1b[0m";
}

void Terminal::line(std::string_view text, Tone tone) {
    std::fputs((painted(text, tone) + "\n").c_str(), stream_);
}

void Terminal::field(std::string_view name, std::string_view value, Tone tone) {
    auto room = columns_ < least_columns ? std::string_view::npos : columns_ - name_columns - 1;
    std::string label(name);
    do {
        auto row = take_row(value, room);
        label.resize(std::max(name_columns, name.size() + 1), ' ');
        line(painted(label, Tone::quiet) + painted(row, tone));
        label.clear();
    } while (!value.empty());
}

}  // namespace sabil::proxy::app
