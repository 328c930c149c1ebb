#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class HashCommands : public ServerTest {};

TEST_F(HashCommands, Fields) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"HSET h a 1 b 2", ":2"},
        {"HSET h a 3 c 4", ":1"},
        {"HGET h a", "3"},
        {"HMGET h a x c", "[3 nil 4]"},
        {"HSETNX h a 9", ":0"},
        {"HDEL h a x", ":1"},
        {"HLEN h", ":2"},
        {"HSTRLEN h b", ":1"},
        {"HEXISTS h a", ":0"},
        {"HKEYS h", "[b c]"},
        {"HVALS h", "[2 4]"},
        {"HGETALL h", "[b 2 c 4]"},
        {"HINCRBY h b 5", ":7"},
        {"HINCRBYFLOAT h b 0.5", "7.5"},
        {"HINCRBY h b 1", "-ERR hash value is not an integer"},
        {"HSET h a", "-ERR wrong number of arguments for 'hset' command"},
        {"HDEL h b c", ":2"},
        {"EXISTS h", ":0"},
        {"HRANDFIELD h 5", "[]"},
    };
    expect_replies(client, table);
}

TEST_F(HashCommands, FieldExpiry) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"HSET h a 1 b 2 c 3", ":3"},
        {"HEXPIRE h 100 FIELDS 2 a x", "[:1 :-2]"},
        {"HTTL h FIELDS 3 a b x", "[:100 :-1 :-2]"},
        {"HEXPIRE h 50 GT FIELDS 1 a", "[:0]"},
        {"HEXPIRE h 50 NX FIELDS 1 b", "[:1]"},
        {"HPERSIST h FIELDS 2 a c", "[:1 :-1]"},
        {"HEXPIREAT h 1 FIELDS 1 c", "[:2]"},
        {"HEXISTS h c", ":0"},
        {"HEXPIRE h 100 FIELDS 2 a", "-ERR The `numfields` parameter must match the number of arguments"},
        {"HEXPIRE h 100 FOO 1 a", "-ERR Mandatory argument FIELDS is missing or not at the right position"},
        {"HEXPIRE h -1 FIELDS 1 a", "-ERR invalid expire time, must be >= 0"},
        {"HGETEX h EX 100 FIELDS 2 a x", "[1 nil]"},
        {"HTTL h FIELDS 1 a", "[:100]"},
        {"HGETEX h PERSIST FIELDS 1 a", "[1]"},
        {"HTTL h FIELDS 1 a", "[:-1]"},
        {"HGETDEL h FIELDS 2 a x", "[1 nil]"},
        {"HSETEX h FNX EX 100 FIELDS 2 a 1 d 4", ":1"},
        {"HSETEX h FNX FIELDS 2 a 1 e 4", ":0"},
        {"HSETEX h NX FIELDS 1 e 4", ":0"},
        {"HSETEX none XX FIELDS 1 e 4", ":0"},
        {"HSETEX h NX XX FIELDS 1 e 4", "-ERR Only one of XX or NX arguments can be specified"},
        {"HTTL h FIELDS 2 a d", "[:100 :100]"},
        {"HSET h a 2", ":0"},
        {"HTTL h FIELDS 1 a", "[:-1]"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
