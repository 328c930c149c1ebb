#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class KeyCommands : public ServerTest {};

TEST_F(KeyCommands, ExpiryConditions) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SET a 1", "OK"},
        {"EXPIRE a 100 GT", ":0"},
        {"EXPIRE a 100 LT", ":1"},
        {"EXPIRE a 200 GT", ":1"},
        {"EXPIRE a 100 GT", ":0"},
        {"EXPIRE a 100 NX", ":0"},
        {"EXPIRE a 100 XX", ":1"},
        {"TTL a", ":100"},
        {"EXPIRE a 100 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible"},
        {"EXPIRE a 100 FOO", "-ERR Unsupported option FOO"},
        {"EXPIRE a 9223372036854775807", "-ERR invalid expire time in 'expire' command"},
        {"PERSIST a", ":1"},
        {"PERSIST a", ":0"},
        {"TTL a", ":-1"},
        {"TTL missing", ":-2"},
        {"EXPIREAT a 4000000000", ":1"},
        {"EXPIRETIME a", ":4000000000"},
        {"PEXPIRETIME a", ":4000000000000"},
        {"EXPIRE a -1", ":1"},
        {"EXISTS a", ":0"},
    };
    expect_replies(client, table);
}

TEST_F(KeyCommands, RenamesAndCopies) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SET a 1 EX 100", "OK"},
        {"RENAME a b", "OK"},
        {"TTL b", ":100"},
        {"RENAME a b", "-ERR no such key"},
        {"RENAMENX b b", ":0"},
        {"COPY b c", ":1"},
        {"COPY b c", ":0"},
        {"COPY b c REPLACE", ":1"},
        {"COPY b b", "-ERR source and destination objects are the same"},
        {"RPUSH l 1 2", ":2"},
        {"COPY l m", ":1"},
        {"RPUSH m 3", ":3"},
        {"LRANGE l 0 -1", "[1 2]"},
        {"MOVE b 1", ":1"},
        {"MOVE b 99", "-ERR DB index is out of range"},
        {"EXISTS b", ":0"},
        {"SELECT 1", "OK"},
        {"GET b", "1"},
    };
    expect_replies(client, table);
}

TEST_F(KeyCommands, NamesAndTypes) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"MSET one 1 two 2", "OK"},
        {"SADD s 1", ":1"},
        {"TYPE s", "set"},
        {"TYPE missing", "none"},
        {"EXISTS one one missing", ":2"},
        {"KEYS t[wx]o", "[two]"},
        {"OBJECT ENCODING one", "int"},
        {"OBJECT ENCODING s", "intset"},
        {"OBJECT ENCODING missing", "nil"},
        {"OBJECT FREQ one",
         "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
         "between policies at runtime LRU and LFU data will take some time to adjust."},
        {"DEL one two s", ":3"},
        {"RANDOMKEY", "nil"},
    };
    expect_replies(client, table);
}

TEST_F(KeyCommands, Sorts) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"RPUSH l 3 1 2", ":3"},
        {"SORT l", "[1 2 3]"},
        {"SORT l DESC LIMIT 0 2", "[3 2]"},
        {"MSET w_1 c w_2 b w_3 a", "OK"},
        {"SORT l BY w_* ALPHA GET # GET w_*", "[3 a 2 b 1 c]"},
        {"SORT l BY nosort", "[3 1 2]"},
        {"SORT l STORE d", ":3"},
        {"LRANGE d 0 -1", "[1 2 3]"},
        {"RPUSH x a", ":1"},
        {"SORT x", "-ERR One or more scores can't be converted into double"},
        {"HSET h_1 f 9", ":1"},
        {"SORT w_1", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
        {"SORT_RO l STORE d", "-ERR syntax error"},
    };
    expect_replies(client, table);
}

TEST_F(KeyCommands, Scans) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SADD s a b c", ":3"},
        {"SSCAN s 0 MATCH [ab] COUNT 0", "-ERR syntax error"},
        {"SSCAN s x", "-ERR invalid cursor"},
        {"HSET h f 1 g 2", ":2"},
        {"HSCAN h 0 MATCH g", "[0 [g 2]]"},
        {"HSCAN h 0 NOVALUES MATCH f", "[0 [f]]"},
        {"HSCAN missing 0", "[0 []]"},
        {"ZADD z 1.5 m", ":1"},
        {"ZSCAN z 0", "[0 [m 1.5]]"},
        {"SCAN 0 TYPE zset COUNT 1000", "[0 [z]]"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
