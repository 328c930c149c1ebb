// Between replies and Lua values, in both directions, by the rules that scripts rely on:
//   reply -> Lua: integer number; bulk string; simple {ok=}; error {err=}; null false (nil in RESP3); array table;
//                 RESP3: map {map=}, set {set=}, double {double=}, boolean, big number {big_number=},
//                 verbatim {verbatim_string={string=, format=}}
//   Lua -> reply: string bulk; number integer, cut towards zero; false null, true 1 (booleans in RESP3); a table with
//                 one of the fields above as that; any other table an array up to its first nil
#pragma once

#include <string_view>

struct lua_State;

namespace sabil::proxy::resp {
class Reply;
}

namespace sabil::proxy::resp::scripting {

// Pushes one whole encoded reply, as this server wrote it. An error becomes a table with the field `err`.
void push_reply(lua_State* lua, std::string_view encoded, int resp_version);

// Writes the value at the top of the stack and takes it off. resp_version is the one the script chose (redis.setresp);
// the reply has the client's own.
void write_reply(lua_State* lua, Reply& reply, int resp_version);

}  // namespace sabil::proxy::resp::scripting
