#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class HyperloglogCommands : public ServerTest {};

TEST_F(HyperloglogCommands, Counts) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"PFADD h a b c", ":1"},
        {"PFADD h a", ":0"},
        {"PFCOUNT h", ":3"},
        {"PFADD i c d", ":1"},
        {"PFCOUNT h i missing", ":4"},
        {"PFMERGE j h i", "OK"},
        {"PFCOUNT j", ":4"},
        {"PFDEBUG ENCODING j", "sparse"},
        {"PFDEBUG TODENSE j", ":1"},
        {"PFCOUNT j", ":4"},
        {"PFADD j e", ":1"},
        {"PFCOUNT j", ":5"},
        {"SET s x", "OK"},
        {"PFADD s a", "-WRONGTYPE Key is not a valid HyperLogLog string value."},
        {"PFSELFTEST", "OK"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
