#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class StreamCommands : public ServerTest {};

TEST_F(StreamCommands, Entries) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"XADD s 1-1 a 1", "1-1"},
        {"XADD s 1-* b 2", "1-2"},
        {"XADD s 2 c 3", "2-0"},
        {"XADD s 1-5 d 4", "-ERR The ID specified in XADD is equal or smaller than the target stream top item"},
        {"XADD s 0-0 d 4", "-ERR The ID specified in XADD must be greater than 0-0"},
        {"XADD n NOMKSTREAM * a 1", "nil"},
        {"XLEN s", ":3"},
        {"XRANGE s - +", "[[1-1 [a 1]] [1-2 [b 2]] [2-0 [c 3]]]"},
        {"XRANGE s (1-1 1", "[[1-2 [b 2]]]"},
        {"XREVRANGE s + - COUNT 1", "[[2-0 [c 3]]]"},
        {"XREAD COUNT 1 STREAMS s 1-1", "[[s [[1-2 [b 2]]]]]"},
        {"XREAD STREAMS s $", "nil"},
        {"XREAD BLOCK 10 STREAMS s $", "nil"},
        {"XDEL s 1-2 9-9", ":1"},
        {"XTRIM s MAXLEN 1", ":1"},
        {"XADD s MAXLEN = 1 3-0 e 5", "3-0"},
        {"XRANGE s - +", "[[3-0 [e 5]]]"},
        {"XSETID s 2-0", "-ERR The ID specified in XSETID is smaller than the target stream top item"},
        {"XSETID s 5-0", "OK"},
    };
    expect_replies(client, table);
}

TEST_F(StreamCommands, Groups) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"XADD s 1-0 a 1", "1-0"},
        {"XADD s 2-0 b 2", "2-0"},
        {"XGROUP CREATE s g 0", "OK"},
        {"XGROUP CREATE s g 0", "-BUSYGROUP Consumer Group name already exists"},
        {"XREADGROUP GROUP g c COUNT 1 STREAMS s >", "[[s [[1-0 [a 1]]]]]"},
        {"XREADGROUP GROUP g c STREAMS s 0", "[[s [[1-0 [a 1]]]]]"},
        {"XPENDING s g", "[:1 1-0 1-0 [[c 1]]]"},
        {"XCLAIM s g d 0 1-0 JUSTID", "[1-0]"},
        {"XAUTOCLAIM s g e 0 0", "[0-0 [[1-0 [a 1]]] []]"},
        {"XACK s g 1-0 2-0", ":1"},
        {"XREADGROUP GROUP g c STREAMS s >", "[[s [[2-0 [b 2]]]]]"},
        {"XDEL s 2-0", ":1"},
        {"XREADGROUP GROUP g c STREAMS s 0", "[[s [[2-0 nil]]]]"},
        {"XAUTOCLAIM s g e 0 0", "[0-0 [] [2-0]]"},
        {"XGROUP DELCONSUMER s g c", ":0"},
        {"XGROUP DESTROY s g", ":1"},
        {"XREADGROUP GROUP g c STREAMS s >",
         "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option"},
        {"XINFO GROUPS s", "[]"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
