// cmsgpack: MessagePack for scripts. Packs numbers that are whole as the shortest integer, others as float where that
// loses nothing and as double otherwise; a table is an array where its keys are 1..n, a map otherwise.
#include "cache/base/bytes.h"
#include "proxy/resp/scripting/lua_libraries.h"

#include <lua5.1/lua.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace sabil::proxy::resp::scripting {
namespace {

// Deeper tables are packed as nil: scripts rely on it for tables that contain themselves.
constexpr int deepest = 16;
constexpr int deepest_unpacked = 200;

void put_head(ByteWriter& out, std::size_t n, std::uint8_t fix, std::size_t fix_below, std::uint8_t first) {
    if (n < fix_below) return out.u8(static_cast<std::uint8_t>(fix | n));
    if (n <= 0xffff) {
        out.u8(first);
        out.uint_be(n, 2);
    } else {
        out.u8(static_cast<std::uint8_t>(first + 1));
        out.uint_be(n, 4);
    }
}

void put_string(ByteWriter& out, std::string_view text) {
    if (text.size() >= 32 && text.size() <= 0xff) {
        out.u8(0xd9);
        out.u8(static_cast<std::uint8_t>(text.size()));
    } else {
        put_head(out, text.size(), 0xa0, 32, 0xda);
    }
    out.bytes(text);
}

void put_integer(ByteWriter& out, std::int64_t value) {
    if (value >= 0) {
        const auto n = static_cast<std::uint64_t>(value);
        if (n < 128) return out.u8(static_cast<std::uint8_t>(n));
        const int width = n <= 0xff ? 0 : n <= 0xffff ? 1 : n <= 0xffffffff ? 2 : 3;
        out.u8(static_cast<std::uint8_t>(0xcc + width));
        return out.uint_be(n, std::size_t{1} << width);
    }
    if (value >= -32) return out.u8(static_cast<std::uint8_t>(value));
    const int width = value >= INT8_MIN ? 0 : value >= INT16_MIN ? 1 : value >= INT32_MIN ? 2 : 3;
    out.u8(static_cast<std::uint8_t>(0xd0 + width));
    out.uint_be(static_cast<std::uint64_t>(value), std::size_t{1} << width);
}

void put_number(ByteWriter& out, double number) {
    if (std::isfinite(number) && std::floor(number) == number && std::fabs(number) < 9223372036854775808.0)
        return put_integer(out, static_cast<std::int64_t>(number));
    const auto narrow = static_cast<float>(number);
    if (static_cast<double>(narrow) == number) {
        out.u8(0xca);
        return out.uint_be(std::bit_cast<std::uint32_t>(narrow), 4);
    }
    out.u8(0xcb);
    out.uint_be(std::bit_cast<std::uint64_t>(number), 8);
}

// The number of elements where the table at the top is an array, -1 where it is not.
long array_length(lua_State* lua) {
    long count = 0;
    double largest = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2) != 0) {
        lua_pop(lua, 1);
        const double key = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : 0;
        if (key < 1 || std::floor(key) != key) {
            lua_pop(lua, 1);
            return -1;
        }
        largest = std::max(largest, key);
        ++count;
    }
    return largest == static_cast<double>(count) ? count : -1;
}

void put_value(lua_State* lua, ByteWriter& out, int depth);

void put_table(lua_State* lua, ByteWriter& out, int depth) {
    luaL_checkstack(lua, 4, "in function mp_encode_lua_table");
    const long length = array_length(lua);
    if (length >= 0) {
        put_head(out, static_cast<std::size_t>(length), 0x90, 16, 0xdc);
        for (long i = 1; i <= length; ++i) {
            lua_rawgeti(lua, -1, static_cast<int>(i));
            put_value(lua, out, depth + 1);
        }
        return;
    }
    std::size_t pairs = 0;
    lua_pushnil(lua);
    while (lua_next(lua, -2) != 0) {
        lua_pop(lua, 1);
        ++pairs;
    }
    put_head(out, pairs, 0x80, 16, 0xde);
    lua_pushnil(lua);
    while (lua_next(lua, -2) != 0) {
        lua_pushvalue(lua, -2);
        put_value(lua, out, depth + 1);
        put_value(lua, out, depth + 1);
    }
}

// Packs the value at the top and takes it off the stack.
void put_value(lua_State* lua, ByteWriter& out, int depth) {
    switch (lua_type(lua, -1)) {
        case LUA_TSTRING: {
            std::size_t length = 0;
            const char* text = lua_tolstring(lua, -1, &length);
            put_string(out, {text, length});
            break;
        }
        case LUA_TBOOLEAN: out.u8(lua_toboolean(lua, -1) ? 0xc3 : 0xc2); break;
        case LUA_TNUMBER: put_number(out, lua_tonumber(lua, -1)); break;
        case LUA_TTABLE:
            if (depth == deepest) out.u8(0xc0);
            else put_table(lua, out, depth);
            break;
        default: out.u8(0xc0);
    }
    lua_pop(lua, 1);
}

int pack(lua_State* lua) {
    const int count = lua_gettop(lua);
    if (count == 0) return luaL_argerror(lua, 0, "MessagePack pack needs input.");
    luaL_checkstack(lua, count + 2, "Too many arguments for MessagePack pack.");
    std::string packed;
    ByteWriter out(packed);
    for (int i = 1; i <= count; ++i) {
        lua_pushvalue(lua, i);
        put_value(lua, out, 0);
    }
    lua_pushlstring(lua, packed.data(), packed.size());
    return 1;
}

bool push_value(lua_State* lua, ByteReader& in, int depth);

bool push_string(lua_State* lua, ByteReader& in, std::size_t length) {
    const auto text = in.take(length);
    if (!in.ok()) return false;
    lua_pushlstring(lua, text.data(), text.size());
    return true;
}

bool push_array(lua_State* lua, ByteReader& in, std::size_t count, int depth) {
    lua_newtable(lua);
    for (std::size_t i = 1; i <= count; ++i) {
        if (!push_value(lua, in, depth + 1)) return false;
        lua_rawseti(lua, -2, static_cast<int>(i));
    }
    return in.ok();
}

bool push_map(lua_State* lua, ByteReader& in, std::size_t count, int depth) {
    lua_newtable(lua);
    for (std::size_t i = 0; i < count; ++i) {
        if (!push_value(lua, in, depth + 1) || !push_value(lua, in, depth + 1)) return false;
        if (lua_isnil(lua, -2)) {
            lua_pop(lua, 2);
            continue;
        }
        lua_settable(lua, -3);
    }
    return in.ok();
}

bool push_number(lua_State* lua, ByteReader& in, std::uint8_t head) {
    double number = 0;
    if (head == 0xca) number = std::bit_cast<float>(static_cast<std::uint32_t>(in.uint_be(4)));
    else if (head == 0xcb) number = std::bit_cast<double>(in.uint_be(8));
    else if (head <= 0xcf) number = static_cast<double>(in.uint_be(std::size_t{1} << (head - 0xcc)));
    else {
        const std::size_t size = std::size_t{1} << (head - 0xd0);
        const std::uint64_t sign = std::uint64_t{1} << (8 * size - 1);
        number = static_cast<double>(static_cast<std::int64_t>((in.uint_be(size) ^ sign) - sign));
    }
    if (in.ok()) lua_pushnumber(lua, number);
    return in.ok();
}

// Pushes the next value; false where the bytes end early or are no MessagePack this library writes.
bool push_value(lua_State* lua, ByteReader& in, int depth) {
    if (depth > deepest_unpacked) return false;
    luaL_checkstack(lua, 4, "too many return values at once; use unpack_one or unpack_limit instead.");
    const std::uint8_t head = in.u8();
    if (!in.ok()) return false;
    if (head < 0x80 || head >= 0xe0) {
        lua_pushnumber(lua, static_cast<double>(static_cast<std::int8_t>(head)));
        return true;
    }
    if (head < 0x90) return push_map(lua, in, head & 0x0f, depth);
    if (head < 0xa0) return push_array(lua, in, head & 0x0f, depth);
    if (head < 0xc0) return push_string(lua, in, head & 0x1f);
    switch (head) {
        case 0xc0: lua_pushnil(lua); return true;
        case 0xc2: case 0xc3: lua_pushboolean(lua, head == 0xc3); return true;
        case 0xc4: case 0xd9: return push_string(lua, in, in.u8());
        case 0xc5: case 0xda: return push_string(lua, in, in.uint_be(2));
        case 0xc6: case 0xdb: return push_string(lua, in, in.uint_be(4));
        case 0xdc: return push_array(lua, in, in.uint_be(2), depth);
        case 0xdd: return push_array(lua, in, in.uint_be(4), depth);
        case 0xde: return push_map(lua, in, in.uint_be(2), depth);
        case 0xdf: return push_map(lua, in, in.uint_be(4), depth);
        default: return head >= 0xca && head <= 0xd3 && push_number(lua, in, head);
    }
}

// Unpacks up to `limit` values (0: all) from `offset`. Where limited, the first result is the next offset, -1 at the end.
int unpack_from(lua_State* lua, long limit, long offset) {
    std::size_t length = 0;
    const char* data = luaL_checklstring(lua, 1, &length);
    if (offset < 0 || limit < 0)
        return luaL_error(lua, "Invalid request to unpack with offset of %d and limit of %d.", static_cast<int>(offset),
                          static_cast<int>(length));
    if (static_cast<std::size_t>(offset) > length)
        return luaL_error(lua, "Start offset %d greater than input length %d.", static_cast<int>(offset),
                          static_cast<int>(length));
    ByteReader in(std::string_view(data, length).substr(static_cast<std::size_t>(offset)));
    const bool all = limit == 0;
    if (!all) lua_pushnil(lua);
    const int first = lua_gettop(lua);
    int count = 0;
    for (; !in.at_end() && (all || count < limit); ++count)
        if (!push_value(lua, in, 0))
            return luaL_error(lua, in.ok() ? "Bad data format in input." : "Missing bytes in input.");
    if (all) return count;
    lua_pushinteger(lua, in.at_end() ? -1 : static_cast<lua_Integer>(static_cast<std::size_t>(offset) + in.position()));
    lua_replace(lua, first);
    return count + 1;
}

int unpack(lua_State* lua) { return unpack_from(lua, 0, 0); }
int unpack_one(lua_State* lua) { return unpack_from(lua, 1, luaL_optinteger(lua, 2, 0)); }
int unpack_limit(lua_State* lua) { return unpack_from(lua, luaL_checkinteger(lua, 2), luaL_optinteger(lua, 3, 0)); }

}  // namespace

int open_cmsgpack(lua_State* lua) {
    static constexpr luaL_Reg functions[] = {
        {"pack", pack}, {"unpack", unpack}, {"unpack_one", unpack_one}, {"unpack_limit", unpack_limit}};
    lua_newtable(lua);
    for (const auto& [name, function] : functions) {
        lua_pushcfunction(lua, function);
        lua_setfield(lua, -2, name);
    }
    lua_pushliteral(lua, "cmsgpack");
    lua_setfield(lua, -2, "_NAME");
    return 1;
}

}  // namespace sabil::proxy::resp::scripting
