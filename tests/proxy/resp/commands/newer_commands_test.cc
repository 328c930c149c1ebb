// Commands that came after the compatibility target, by what their documentation says.
#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class NewerCommands : public ServerTest {};

TEST_F(NewerCommands, DelexDeletesOnConditions) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SET k hello", "OK"},
        {"DELEX k IFDEQ 0000000000000000", ":0"},
        {"DELEX k IFDNE 9555e8555c62dcfd", ":0"},
        {"DELEX k IFDEQ 9555e8555c62dcfd", ":1"},
        {"DELEX k IFNE other", ":0"},
        {"RPUSH l a", ":1"},
        {"DELEX l IFEQ a", "-ERR Key should be of string type if conditions are specified"},
        {"DELEX l", ":1"},
        {"DELEX l", ":0"},
        {"DELEX l IFEQ", "-ERR wrong number of arguments for 'delex' command"},
        {"RPUSH l a", ":1"},
        {"DIGEST l", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
    };
    expect_replies(client, table);
}

TEST_F(NewerCommands, MsetexStoresAllOrNothing) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"MSETEX 2 a 1 b 2 EX 100", ":1"},
        {"TTL a", ":100"},
        {"TTL b", ":100"},
        {"MSETEX 2 b 3 c 3 NX", ":0"},
        {"MSETEX 2 b 3 c 3 XX", ":0"},
        {"GET b", "2"},
        {"EXISTS c", ":0"},
        {"MSETEX 2 a 4 b 4 XX KEEPTTL", ":1"},
        {"TTL b", ":100"},
        {"MSETEX 1 a 5", ":1"},
        {"TTL a", ":-1"},
        {"MSETEX 2 a 5", "-ERR syntax error"},
        {"MSETEX 0 a 5", "-ERR invalid numkeys value or out of range"},
    };
    expect_replies(client, table);
}

TEST_F(NewerCommands, XdelexRegardsTheGroups) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"XADD s 1-0 f v", "1-0"},
        {"XADD s 2-0 f v", "2-0"},
        {"XADD s 3-0 f v", "3-0"},
        {"XGROUP CREATE s g 0", "OK"},
        {"XREADGROUP GROUP g c COUNT 2 STREAMS s >", "[[s [[1-0 [f v]] [2-0 [f v]]]]]"},
        {"XDELEX s ACKED IDS 3 1-0 3-0 9-0", "[:2 :2 :-1]"},
        {"XACK s g 1-0", ":1"},
        {"XDELEX s ACKED IDS 1 1-0", "[:1]"},
        {"XDELEX s DELREF IDS 1 2-0", "[:1]"},
        {"XPENDING s g", "[:0 nil nil nil]"},
        {"XDELEX s KEEPREF IDS 1 3-0", "[:1]"},
        {"XLEN s", ":0"},
        {"XDELEX missing IDS 2 1-0 2-0", "[:-1 :-1]"},
        {"XDELEX s IDS 2 1-0", "-ERR The `numids` parameter must match the number of arguments"},
        {"XDELEX s IDS 0 1-0", "-ERR Number of IDs must be a positive integer"},
    };
    expect_replies(client, table);
}

TEST_F(NewerCommands, XackdelAcknowledgesAndDeletes) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"XADD s 1-0 f v", "1-0"},
        {"XADD s 2-0 f v", "2-0"},
        {"XGROUP CREATE s g 0", "OK"},
        {"XGROUP CREATE s h 0", "OK"},
        {"XREADGROUP GROUP g c STREAMS s >", "[[s [[1-0 [f v]] [2-0 [f v]]]]]"},
        {"XREADGROUP GROUP h c STREAMS s >", "[[s [[1-0 [f v]] [2-0 [f v]]]]]"},
        {"XACKDEL s g ACKED IDS 1 1-0", "[:2]"},
        {"XLEN s", ":2"},
        {"XACKDEL s h ACKED IDS 2 1-0 7-0", "[:1 :-1]"},
        {"XLEN s", ":1"},
        {"XACKDEL s g DELREF IDS 1 2-0", "[:1]"},
        {"XPENDING s h", "[:0 nil nil nil]"},
        {"XACKDEL s nosuch IDS 1 1-0", "[:-1]"},
    };
    expect_replies(client, table);
}

TEST_F(NewerCommands, BitopKnowsDifferences) {
    start();
    auto client = connect();
    // x = 1111'0000, y = 1010'1010, z = 0000'1111
    const Expected table[] = {
        {"SETRANGE x 0 0", ":1"},
        {"BITFIELD x SET u8 0 240", "[:48]"},
        {"BITFIELD y SET u8 0 170", "[:0]"},
        {"BITFIELD z SET u8 0 15", "[:0]"},
        {"BITOP DIFF d x y z", ":1"},
        {"BITFIELD d GET u8 0", "[:80]"},
        {"BITOP DIFF1 d x y z", ":1"},
        {"BITFIELD d GET u8 0", "[:15]"},
        {"BITOP ANDOR d x y z", ":1"},
        {"BITFIELD d GET u8 0", "[:160]"},
        {"BITOP ONE d x y z", ":1"},
        {"BITFIELD d GET u8 0", "[:85]"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
