#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class ListCommands : public ServerTest {};

TEST_F(ListCommands, BothEnds) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"RPUSH l a b c", ":3"},
        {"LPUSH l z y", ":5"},
        {"LRANGE l 0 -1", "[y z a b c]"},
        {"LPUSHX m a", ":0"},
        {"LPOP l 2", "[y z]"},
        {"RPOP l", "c"},
        {"LPOP l 0", "[]"},
        {"LPOP missing 2", "nil"},
        {"LPOP l -1", "-ERR value is out of range, must be positive"},
        {"LINDEX l -1", "b"},
        {"LSET l 0 A", "OK"},
        {"LSET l 9 A", "-ERR index out of range"},
        {"LSET missing 0 A", "-ERR no such key"},
        {"LINSERT l AFTER A x", ":3"},
        {"LINSERT l BEFORE nope x", ":-1"},
        {"LTRIM l 1 -1", "OK"},
        {"LRANGE l 0 -1", "[x b]"},
        {"LTRIM l 5 1", "OK"},
        {"EXISTS l", ":0"},
    };
    expect_replies(client, table);
}

TEST_F(ListCommands, ByValue) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"RPUSH l a b c a b a", ":6"},
        {"LPOS l a", ":0"},
        {"LPOS l a RANK 2", ":3"},
        {"LPOS l a RANK -1 COUNT 2", "[:5 :3]"},
        {"LPOS l a COUNT 0", "[:0 :3 :5]"},
        {"LPOS l a COUNT 0 MAXLEN 4", "[:0 :3]"},
        {"LPOS l a RANK 0",
         "-ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start "
         "from the end of the list"},
        {"LREM l -1 a", ":1"},
        {"LRANGE l 0 -1", "[a b c a b]"},
        {"LREM l 0 a", ":2"},
    };
    expect_replies(client, table);
}

TEST_F(ListCommands, Moves) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"RPUSH l a b", ":2"},
        {"LMOVE l m LEFT RIGHT", "a"},
        {"RPOPLPUSH l m", "b"},
        {"EXISTS l", ":0"},
        {"LRANGE m 0 -1", "[b a]"},
        {"LMOVE m m LEFT RIGHT", "b"},
        {"LRANGE m 0 -1", "[a b]"},
        {"LMPOP 2 x m RIGHT COUNT 5", "[m [b a]]"},
        {"LMPOP 1 x LEFT", "nil"},
        {"LMPOP 0 x LEFT", "-ERR numkeys should be greater than 0"},
        {"BLPOP x 0.01", "nil"},
        {"BLMOVE x y LEFT LEFT 0.01", "nil"},
        {"BLPOP x -1", "-ERR timeout is negative"},
        {"BLPOP x abc", "-ERR timeout is not a float or out of range"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
