#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class SetCommands : public ServerTest {};

TEST_F(SetCommands, Members) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SADD s a b c a", ":3"},
        {"SCARD s", ":3"},
        {"SISMEMBER s a", ":1"},
        {"SMISMEMBER s a x", "[:1 :0]"},
        {"SREM s a x", ":1"},
        {"SMOVE s t b", ":1"},
        {"SMOVE s t nope", ":0"},
        {"SMEMBERS t", "[b]"},
        {"SPOP s 5", "[c]"},
        {"EXISTS s", ":0"},
        {"SPOP s", "nil"},
        {"SRANDMEMBER t", "b"},
        {"SRANDMEMBER t -3", "[b b b]"},
        {"SRANDMEMBER t 1 2", "-ERR syntax error"},
    };
    expect_replies(client, table);
}

TEST_F(SetCommands, Algebra) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SADD a 1 2 3 4", ":4"},
        {"SADD b 3 4 5", ":3"},
        {"SINTER a b", "[3 4]"},
        {"SDIFF a b", "[1 2]"},
        {"SUNION a b", "[1 2 3 4 5]"},
        {"SINTER a missing", "[]"},
        {"SINTERCARD 2 a b LIMIT 1", ":1"},
        {"SINTERCARD 2 a b", ":2"},
        {"SINTERCARD 3 a b", "-ERR Number of keys can't be greater than number of args"},
        {"SINTERSTORE c a b", ":2"},
        {"SDIFFSTORE c a a", ":0"},
        {"EXISTS c", ":0"},
        {"SUNIONSTORE a a b", ":5"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
