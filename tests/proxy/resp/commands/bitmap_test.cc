#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class BitmapCommands : public ServerTest {};

TEST_F(BitmapCommands, Bits) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"SETBIT b 7 1", ":0"},
        {"SETBIT b 7 0", ":1"},
        {"GETBIT b 100", ":0"},
        {"SETBIT b 4294967296 1", "-ERR bit offset is not an integer or out of range"},
        {"SETBIT b 0 2", "-ERR bit is not an integer or out of range"},
        {"SET s foobar", "OK"},
        {"BITCOUNT s", ":26"},
        {"BITCOUNT s 0 0", ":4"},
        {"BITCOUNT s 5 30 BIT", ":17"},
        {"BITCOUNT s 0", "-ERR syntax error"},
        {"BITPOS s 1", ":1"},
        {"BITPOS s 0", ":0"},
        {"BITPOS s 1 -1", ":41"},
        {"BITPOS missing 0", ":0"},
        {"BITPOS missing 1", ":-1"},
    };
    expect_replies(client, table);
}

TEST_F(BitmapCommands, Operations) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"MSET a abc b abd", "OK"},
        {"BITOP AND d a b", ":3"},
        {"GET d", "ab`"},
        {"BITOP XOR d a b", ":3"},
        {"BITCOUNT d", ":3"},
        {"BITOP DIFF d a b", ":3"},
        {"BITCOUNT d", ":2"},
        {"BITOP ONE d a b", ":3"},
        {"BITCOUNT d", ":3"},
        {"BITOP NOT d a b", "-ERR BITOP NOT must be called with a single source key."},
        {"BITOP DIFF d a", "-ERR BITOP DIFF must be called with at least two source keys."},
        {"BITOP OR d missing", ":0"},
        {"EXISTS d", ":0"},
    };
    expect_replies(client, table);
}

TEST_F(BitmapCommands, PackedIntegers) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"BITFIELD f SET u8 0 255 GET u8 0", "[:0 :255]"},
        {"BITFIELD f INCRBY u8 0 10", "[:9]"},
        {"BITFIELD f OVERFLOW SAT INCRBY u8 0 250 OVERFLOW FAIL INCRBY u8 0 1", "[:255 nil]"},
        {"BITFIELD f SET i5 #2 -3 GET i5 #2", "[:0 :-3]"},
        {"BITFIELD f GET u64 0",
         "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."},
        {"BITFIELD_RO f SET u8 0 1", "-ERR BITFIELD_RO only supports the GET subcommand"},
        {"BITFIELD_RO f GET u8 0", "[:255]"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
