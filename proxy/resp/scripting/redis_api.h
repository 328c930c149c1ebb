// The table `redis` (and its other name, `server`) that scripts call.
#pragma once

struct lua_State;

namespace sabil::proxy::resp::scripting {

// Makes the globals `redis` and `server`. The interpreter that runs is found through Interpreter::of().
void open_redis_api(lua_State* lua);

}  // namespace sabil::proxy::resp::scripting
