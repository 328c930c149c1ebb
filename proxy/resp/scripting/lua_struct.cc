// struct: packs Lua values into fixed binary layouts and reads them back.
//
// A format is a row of items:
//   < > =      little, big, native byte order for what follows      ! or !N   align to N bytes (8 without a number)
//   b B        signed, unsigned byte        h H   short (2)          l L   long (8)       T   size_t (8)
//   i I iN IN  int (4), or N bytes (1..32; at most 8 carry value)    f     float (4)      d   double (8)
//   s          string ended by NUL          cN    N bytes; c0: pack writes all, unpack takes the last read number
//   x          one padding byte             blank ignored
#include "proxy/resp/scripting/lua_libraries.h"

#include <lua5.1/lua.hpp>

#include <bit>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sabil::proxy::resp::scripting {
namespace {

constexpr std::size_t most_integer_bytes = 32;
constexpr std::size_t most_result_bytes = 64U << 20;

// Reads a format from left to right, keeping byte order and alignment. Errors are raised in Lua.
class Format {
  public:
    Format(lua_State* lua, const char* text) : lua_(lua), at_(text) {}

    struct Item {
        char kind;
        std::size_t size;     // bytes of the value; 0 for s and c0
        std::size_t padding;  // bytes before it
    };

    bool more() {
        while (*at_ != '\0' && take_setting()) {}
        return *at_ != '\0';
    }
    // `position`: bytes so far, for the alignment.
    Item next(std::size_t position) {
        const char kind = *at_++;
        std::size_t size = size_of(kind);
        std::size_t padding = 0;
        if (aligns(kind) && size > 1 && alignment_ > 1) {
            const std::size_t to = std::min(size, alignment_);
            if ((to & (to - 1)) != 0) luaL_error(lua_, "alignment of %d is not a power of 2", static_cast<int>(to));
            padding = (to - (position & (to - 1))) & (to - 1);
        }
        return {kind, size, padding};
    }
    bool big_endian() const noexcept { return big_; }

  private:
    static bool aligns(char kind) noexcept { return std::strchr("hHiIlLTfd", kind) != nullptr; }

    bool take_setting() {
        switch (*at_) {
            case ' ': break;
            case '<': big_ = false; break;
            case '>': big_ = true; break;
            case '=': big_ = std::endian::native == std::endian::big; break;
            case '!':
                ++at_;
                alignment_ = number(8);
                if (alignment_ == 0 || (alignment_ & (alignment_ - 1)) != 0)
                    luaL_error(lua_, "alignment is not a power of 2");
                return true;
            default: return false;
        }
        ++at_;
        return true;
    }

    std::size_t number(std::size_t otherwise) {
        if (!std::isdigit(static_cast<unsigned char>(*at_))) return otherwise;
        std::size_t value = 0;
        while (std::isdigit(static_cast<unsigned char>(*at_))) {
            value = value * 10 + static_cast<std::size_t>(*at_++ - '0');
            if (value > most_result_bytes) luaL_error(lua_, "integral size overflow");
        }
        return value;
    }

    std::size_t size_of(char kind) {
        switch (kind) {
            case 'b': case 'B': case 'x': return 1;
            case 'h': case 'H': return 2;
            case 'f': return 4;
            case 'l': case 'L': case 'T': case 'd': return 8;
            case 's': return 0;
            case 'c': return number(1);
            case 'i': case 'I': {
                const std::size_t size = number(4);
                if (size == 0 || size > most_integer_bytes)
                    luaL_error(lua_, "integral size %d is larger than limit of %d", static_cast<int>(size),
                               static_cast<int>(most_integer_bytes));
                return size;
            }
            default: luaL_error(lua_, "invalid format option '%c'", kind);
        }
        return 0;
    }

    lua_State* lua_;
    const char* at_;
    bool big_ = std::endian::native == std::endian::big;
    std::size_t alignment_ = 1;
};

void put_integer(std::string& out, std::uint64_t value, bool negative, std::size_t size, bool big) {
    char raw[most_integer_bytes];
    for (std::size_t i = 0; i < size; ++i) {
        const char byte = i < 8 ? static_cast<char>(value >> (8 * i)) : static_cast<char>(negative ? -1 : 0);
        raw[big ? size - 1 - i : i] = byte;
    }
    out.append(raw, size);
}

void put_number(lua_State* lua, std::string& out, int argument, std::size_t size, bool big) {
    const double number = luaL_checknumber(lua, argument);
    const bool negative = number < 0;
    const auto value = negative ? static_cast<std::uint64_t>(static_cast<std::int64_t>(number))
                                : static_cast<std::uint64_t>(number);
    put_integer(out, value, negative, size, big);
}

template <class Float, class Bits>
void put_float(lua_State* lua, std::string& out, int argument, bool big) {
    const auto value = static_cast<Float>(luaL_checknumber(lua, argument));
    put_integer(out, std::bit_cast<Bits>(value), false, sizeof value, big);
}

int pack(lua_State* lua) {
    std::string out;
    Format format(lua, luaL_checkstring(lua, 1));
    int argument = 2;
    while (format.more()) {
        const auto item = format.next(out.size());
        out.append(item.padding, '\0');
        const bool big = format.big_endian();
        switch (item.kind) {
            case 'x': out.push_back('\0'); break;
            case 'f': put_float<float, std::uint32_t>(lua, out, argument++, big); break;
            case 'd': put_float<double, std::uint64_t>(lua, out, argument++, big); break;
            case 's': case 'c': {
                std::size_t length = 0;
                const char* text = luaL_checklstring(lua, argument++, &length);
                const std::size_t wanted = item.kind == 'c' && item.size > 0 ? item.size : length;
                if (length < wanted) luaL_argerror(lua, argument - 1, "string too short");
                out.append(text, wanted);
                if (item.kind == 's') out.push_back('\0');
                break;
            }
            default: put_number(lua, out, argument++, item.size, big);
        }
        if (out.size() > most_result_bytes) luaL_error(lua, "result too long");
    }
    lua_pushlstring(lua, out.data(), out.size());
    return 1;
}

double get_integer(std::string_view raw, bool is_signed, bool big) {
    std::uint64_t value = 0;
    const std::size_t size = raw.size();
    for (std::size_t i = std::min<std::size_t>(size, 8); i > 0; --i)
        value = value << 8 | static_cast<std::uint8_t>(raw[big ? size - i : i - 1]);
    if (!is_signed) return static_cast<double>(value);
    if (size < 8) {
        const std::uint64_t sign = std::uint64_t{1} << (8 * size - 1);
        return static_cast<double>(static_cast<std::int64_t>((value ^ sign) - sign));
    }
    return static_cast<double>(static_cast<std::int64_t>(value));
}

template <class Float, class Bits>
double get_float(std::string_view raw, bool big) {
    Bits bits = 0;
    for (std::size_t i = 0; i < raw.size(); ++i)
        bits = static_cast<Bits>(bits << 8 | static_cast<std::uint8_t>(raw[big ? i : raw.size() - 1 - i]));
    return static_cast<double>(std::bit_cast<Float>(bits));
}

// The length that the number before says; takes that number off the stack.
std::size_t length_before(lua_State* lua, int found) {
    if (found == 0 || !lua_isnumber(lua, -1)) luaL_error(lua, "format 'c0' needs a previous size");
    const double length = lua_tonumber(lua, -1);
    lua_pop(lua, 1);
    if (length < 0) luaL_error(lua, "format 'c0' needs a previous size");
    return static_cast<std::size_t>(length);
}

int unpack(lua_State* lua) {
    std::size_t total = 0;
    Format format(lua, luaL_checkstring(lua, 1));
    const char* data = luaL_checklstring(lua, 2, &total);
    const auto start = luaL_optinteger(lua, 3, 1);
    if (start < 1) luaL_argerror(lua, 3, "offset must be 1 or greater");
    std::size_t at = static_cast<std::size_t>(start) - 1;
    int found = 0;
    while (format.more()) {
        const auto item = format.next(at);
        const bool big = format.big_endian();
        luaL_checkstack(lua, 2, "too many results");
        std::size_t size = item.size;
        if (item.kind == 'c' && size == 0) size = length_before(lua, found--);
        if (at > total || item.padding > total - at || size > total - at - item.padding)
            luaL_argerror(lua, 2, "data string too short");
        at += item.padding;
        const std::string_view raw(data + at, size);
        switch (item.kind) {
            case 'x': at += 1; continue;
            case 'f': lua_pushnumber(lua, get_float<float, std::uint32_t>(raw, big)); break;
            case 'd': lua_pushnumber(lua, get_float<double, std::uint64_t>(raw, big)); break;
            case 'c': lua_pushlstring(lua, raw.data(), raw.size()); break;
            case 's': {
                const auto* end = static_cast<const char*>(std::memchr(data + at, '\0', total - at));
                if (end == nullptr) luaL_error(lua, "unfinished string in data");
                size = static_cast<std::size_t>(end - (data + at));
                lua_pushlstring(lua, data + at, size);
                ++size;
                break;
            }
            default: lua_pushnumber(lua, get_integer(raw, std::islower(static_cast<unsigned char>(item.kind)), big));
        }
        at += size;
        ++found;
    }
    lua_pushinteger(lua, static_cast<lua_Integer>(at) + 1);
    return found + 1;
}

int size(lua_State* lua) {
    Format format(lua, luaL_checkstring(lua, 1));
    std::size_t total = 0;
    while (format.more()) {
        const auto item = format.next(total);
        if (item.kind == 's') luaL_argerror(lua, 1, "option 's' has no fixed size");
        if (item.kind == 'c' && item.size == 0) luaL_argerror(lua, 1, "option 'c0' has no fixed size");
        total += item.padding + item.size;
        if (total > most_result_bytes) luaL_argerror(lua, 1, "size too large");
    }
    lua_pushinteger(lua, static_cast<lua_Integer>(total));
    return 1;
}

}  // namespace

int open_struct(lua_State* lua) {
    lua_createtable(lua, 0, 3);
    lua_pushcfunction(lua, pack);
    lua_setfield(lua, -2, "pack");
    lua_pushcfunction(lua, unpack);
    lua_setfield(lua, -2, "unpack");
    lua_pushcfunction(lua, size);
    lua_setfield(lua, -2, "size");
    return 1;
}

}  // namespace sabil::proxy::resp::scripting
