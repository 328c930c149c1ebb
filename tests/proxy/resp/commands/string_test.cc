#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class StringCommands : public ServerTest {};

TEST_F(StringCommands, StoresOnConditions) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SET a 1", "OK"},
        {"SET a 2 NX", "nil"},
        {"GET a", "1"},
        {"SET a 2 XX GET", "1"},
        {"SET b 2 XX", "nil"},
        {"SET b x GET", "nil"},
        {"SET a 3 NX GET", "2"},
        {"SET a 3 NX XX", "-ERR syntax error"},
        {"SET a 3 EX 0", "-ERR invalid expire time in 'set' command"},
        {"SET a 3 EX x", "-ERR value is not an integer or out of range"},
        {"SET a 3 EX 10 PX 10", "-ERR syntax error"},
        {"SET a 3 EX 100", "OK"},
        {"TTL a", ":100"},
        {"SET a 4 KEEPTTL", "OK"},
        {"TTL a", ":100"},
        {"SET a 5", "OK"},
        {"TTL a", ":-1"},
    };
    expect_replies(client, table);
}

TEST_F(StringCommands, ComparesBeforeStoring) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SET a 1", "OK"},
        {"SET a 2 IFEQ 9", "nil"},
        {"SET a 2 IFEQ 1", "OK"},
        {"SET a 3 IFNE 2", "nil"},
        {"SET a 3 IFNE 1 GET", "2"},
        {"SET n 1 IFEQ 1", "nil"},
        {"SET n 1 IFNE 1", "OK"},
        {"DELIFEQ a 9", ":0"},
        {"DELIFEQ a 3", ":1"},
        {"DELEX n IFNE 1", ":0"},
        {"DELEX n IFEQ 1", ":1"},
        {"SET d hello", "OK"},
        {"DIGEST d", "9555e8555c62dcfd"},
        {"SET d other IFDEQ 9555e8555c62dcfd", "OK"},
        {"DIGEST missing", "nil"},
    };
    expect_replies(client, table);
}

TEST_F(StringCommands, Counts) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"INCR n", ":1"},
        {"INCRBY n 41", ":42"},
        {"DECRBY n 2", ":40"},
        {"DECR n", ":39"},
        {"SET n 9223372036854775807", "OK"},
        {"INCR n", "-ERR increment or decrement would overflow"},
        {"GET n", "9223372036854775807"},
        {"DECRBY n -9223372036854775808", "-ERR decrement would overflow"},
        {"SET n 01", "OK"},
        {"INCR n", "-ERR value is not an integer or out of range"},
        {"SET f 10.5", "OK"},
        {"INCRBYFLOAT f 0.1", "10.6"},
        {"INCRBYFLOAT f -5", "5.6"},
        {"INCRBYFLOAT f x", "-ERR value is not a valid float"},
        {"INCRBYFLOAT f inf", "-ERR increment would produce NaN or Infinity"},
    };
    expect_replies(client, table);
}

TEST_F(StringCommands, CutsAndPatches) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SETRANGE s 3 abc", ":6"},
        {"STRLEN s", ":6"},
        {"SET s Hello", "OK"},
        {"APPEND s _World", ":11"},
        {"GETRANGE s -5 -1", "World"},
        {"GETRANGE s 0 4", "Hello"},
        {"GETRANGE s 7 3", ""},
        {"SETRANGE s 6 Redis", ":11"},
        {"GET s", "Hello_Redis"},
        {"SETRANGE s -1 x", "-ERR offset is out of range"},
        {"SETRANGE s 536870912 x", "-ERR string exceeds maximum allowed size (proto-max-bulk-len)"},
    };
    expect_replies(client, table);
}

TEST_F(StringCommands, ManyAtOnce) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"MSET a 1 b 2", "OK"},
        {"MSETNX b 3 c 4", ":0"},
        {"EXISTS c", ":0"},
        {"RPUSH l x", ":1"},
        {"MGET a b l missing", "[1 2 nil nil]"},
        {"MSET a", "-ERR wrong number of arguments for 'mset' command"},
        {"MSETEX 2 a 1 b 2 EX 100", ":1"},
        {"TTL b", ":100"},
        {"MSETEX 1 a 5 NX", ":0"},
        {"MSETEX 2 a 1", "-ERR syntax error"},
    };
    expect_replies(client, table);
}

TEST_F(StringCommands, LongestCommonSubsequence) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"MSET a ohmytext b mynewtext", "OK"},
        {"LCS a b", "mytext"},
        {"LCS a b LEN", ":6"},
        {"LCS a b IDX", "[matches [[[:4 :7] [:5 :8]] [[:2 :3] [:0 :1]]] len :6]"},
        {"LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN", "[matches [[[:4 :7] [:5 :8] :4]] len :6]"},
        {"LCS a b IDX LEN", "-ERR If you want both the length and indexes, please just use IDX."},
    };
    expect_replies(client, table);
}

TEST_F(StringCommands, RefusesOtherTypes) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"RPUSH l x", ":1"},
        {"GET l", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
        {"INCR l", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
        {"APPEND l x", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
        {"SET l x GET", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
        {"LPOP l", "x"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
