#include "proxy/resp/scripting/conversion.h"

#include "proxy/resp/reply.h"

#include <lua5.1/lua.hpp>

#include <charconv>
#include <cmath>
#include <string>

namespace sabil::proxy::resp::scripting {
namespace {

// Reads one encoded reply from left to right.
class Pusher {
  public:
    Pusher(lua_State* lua, std::string_view in, int resp_version) : lua_(lua), in_(in), resp3_(resp_version == 3) {}

    void push() {
        luaL_checkstack(lua_, 4, "reply nested too deeply");
        const char type = in_.empty() ? '_' : in_.front();
        const auto line = take_line();
        switch (type) {
            case ':': lua_pushnumber(lua_, static_cast<lua_Number>(integer(line))); break;
            case '+': tagged("ok", line); break;
            case '-': tagged("err", line); break;
            case '$': push_bulk(integer(line)); break;
            case '*': push_array(integer(line)); break;
            case '%': push_map(integer(line)); break;
            case '~': push_set(integer(line)); break;
            case ',': push_double(line); break;
            case '#': lua_pushboolean(lua_, line == "t"); break;
            case '(': tagged("big_number", line); break;
            case '=': push_verbatim(integer(line)); break;
            case '|':  // an attribute tells about the reply that follows it
                push_map(integer(line));
                lua_pop(lua_, 1);
                push();
                break;
            default: push_null();
        }
    }

  private:
    static long long integer(std::string_view text) {
        long long value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    }
    // The rest of the line after its type.
    std::string_view take_line() {
        const auto end = in_.find("\r\n");
        if (end == std::string_view::npos || end == 0) {
            in_ = {};
            return {};
        }
        const auto line = in_.substr(1, end - 1);
        in_.remove_prefix(end + 2);
        return line;
    }
    std::string_view take(std::size_t n) {
        const auto bytes = in_.substr(0, n);
        in_.remove_prefix(std::min(in_.size(), n + 2));
        return bytes;
    }
    void push_null() {
        if (resp3_) lua_pushnil(lua_);
        else lua_pushboolean(lua_, 0);
    }
    void string(std::string_view text) { lua_pushlstring(lua_, text.data(), text.size()); }
    void tagged(const char* field, std::string_view text) {
        lua_createtable(lua_, 0, 1);
        string(text);
        lua_setfield(lua_, -2, field);
    }
    void push_bulk(long long size) {
        if (size < 0) push_null();
        else string(take(static_cast<std::size_t>(size)));
    }
    void push_array(long long count) {
        if (count < 0) return push_null();
        lua_createtable(lua_, static_cast<int>(std::min<long long>(count, 1 << 20)), 0);
        for (int i = 1; i <= count; ++i) {
            push();
            lua_rawseti(lua_, -2, i);
        }
    }
    void push_map(long long pairs) {
        lua_createtable(lua_, 0, 1);
        lua_newtable(lua_);
        for (long long i = 0; i < pairs; ++i) {
            push();
            push();
            lua_settable(lua_, -3);
        }
        lua_setfield(lua_, -2, "map");
    }
    void push_set(long long count) {
        lua_createtable(lua_, 0, 1);
        lua_newtable(lua_);
        for (long long i = 0; i < count; ++i) {
            push();
            lua_pushboolean(lua_, 1);
            lua_settable(lua_, -3);
        }
        lua_setfield(lua_, -2, "set");
    }
    void push_double(std::string_view text) {
        lua_createtable(lua_, 0, 1);
        lua_pushnumber(lua_, std::strtod(std::string(text).c_str(), nullptr));
        lua_setfield(lua_, -2, "double");
    }
    void push_verbatim(long long size) {
        const auto text = take(static_cast<std::size_t>(std::max(size, 0LL)));
        lua_createtable(lua_, 0, 1);
        lua_createtable(lua_, 0, 2);
        string(text.substr(std::min<std::size_t>(text.size(), 4)));
        lua_setfield(lua_, -2, "string");
        string(text.substr(0, 3));
        lua_setfield(lua_, -2, "format");
        lua_setfield(lua_, -2, "verbatim_string");
    }

    lua_State* lua_;
    std::string_view in_;
    bool resp3_;
};

std::string_view text_at_top(lua_State* lua) {
    std::size_t size = 0;
    const char* text = lua_tolstring(lua, -1, &size);
    return text == nullptr ? std::string_view{} : std::string_view{text, size};
}

// Pushes the field where it has the type, nothing and false where it has not. No metamethod runs.
bool field(lua_State* lua, const char* name, int type) {
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
    if (lua_type(lua, -1) == type) return true;
    lua_pop(lua, 1);
    return false;
}

// A status or big number must stay one line.
std::string one_line(std::string_view text) {
    std::string line(text);
    for (char& c : line)
        if (c == '\r' || c == '\n') c = ' ';
    return line;
}

void write_error(std::string_view text, Reply& reply) {
    if (!text.empty() && text.front() == '-') text.remove_prefix(1);
    reply.error(text);
}

class Writer {
  public:
    Writer(lua_State* lua, Reply& reply, int resp_version) : lua_(lua), reply_(reply), resp3_(resp_version == 3) {}

    void write() {
        if (!lua_checkstack(lua_, 4)) {
            reply_.error("ERR reached lua stack limit");
            lua_pop(lua_, 1);
            return;
        }
        switch (lua_type(lua_, -1)) {
            case LUA_TSTRING: reply_.bulk(text_at_top(lua_)); break;
            case LUA_TNUMBER: reply_.integer(whole(lua_tonumber(lua_, -1))); break;
            case LUA_TBOOLEAN: write_boolean(lua_toboolean(lua_, -1) != 0); break;
            case LUA_TTABLE: write_table(); break;
            default: reply_.null();
        }
        lua_pop(lua_, 1);
    }

  private:
    static std::int64_t whole(double number) {
        if (std::isnan(number)) return INT64_MIN;
        if (number >= 9223372036854775807.0) return INT64_MAX;
        if (number <= -9223372036854775808.0) return INT64_MIN;
        return static_cast<std::int64_t>(number);
    }
    void write_boolean(bool value) {
        if (resp3_) reply_.boolean(value);
        else if (value) reply_.integer(1);
        else reply_.null();
    }
    void write_table() {
        if (field(lua_, "err", LUA_TSTRING)) write_error(text_at_top(lua_), reply_);
        else if (field(lua_, "ok", LUA_TSTRING)) reply_.simple(one_line(text_at_top(lua_)));
        else if (field(lua_, "double", LUA_TNUMBER)) reply_.number(lua_tonumber(lua_, -1));
        else if (field(lua_, "big_number", LUA_TSTRING)) reply_.big_number(one_line(text_at_top(lua_)));
        else if (field(lua_, "map", LUA_TTABLE)) return write_map();
        else if (field(lua_, "set", LUA_TTABLE)) return write_set();
        else if (field(lua_, "verbatim_string", LUA_TTABLE)) return write_verbatim();
        else return write_array();
        lua_pop(lua_, 1);
    }
    void write_verbatim() {
        if (field(lua_, "format", LUA_TSTRING)) {
            const std::string format(text_at_top(lua_));
            lua_pop(lua_, 1);
            if (field(lua_, "string", LUA_TSTRING)) {
                reply_.verbatim(text_at_top(lua_), format);
                lua_pop(lua_, 2);
                return;
            }
        }
        reply_.null();
        lua_pop(lua_, 1);
    }
    void write_map() {
        const auto mark = reply_.open();
        std::size_t count = 0;
        lua_pushnil(lua_);
        while (lua_next(lua_, -2) != 0) {
            lua_pushvalue(lua_, -2);
            write();
            write();
            ++count;
        }
        reply_.close_map(mark, count);
        lua_pop(lua_, 1);
    }
    void write_set() {
        const auto mark = reply_.open();
        std::size_t count = 0;
        lua_pushnil(lua_);
        while (lua_next(lua_, -2) != 0) {
            lua_pop(lua_, 1);
            lua_pushvalue(lua_, -1);
            write();
            ++count;
        }
        reply_.close_set(mark, count);
        lua_pop(lua_, 1);
    }
    void write_array() {
        const auto mark = reply_.open();
        std::size_t count = 0;
        for (;; ++count) {
            lua_rawgeti(lua_, -1, static_cast<int>(count) + 1);
            if (lua_isnil(lua_, -1)) break;
            write();
        }
        lua_pop(lua_, 1);
        reply_.close_array(mark, count);
    }

    lua_State* lua_;
    Reply& reply_;
    bool resp3_;
};

}  // namespace

void push_reply(lua_State* lua, std::string_view encoded, int resp_version) { Pusher(lua, encoded, resp_version).push(); }

void write_reply(lua_State* lua, Reply& reply, int resp_version) { Writer(lua, reply, resp_version).write(); }

}  // namespace sabil::proxy::resp::scripting
