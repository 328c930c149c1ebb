#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class ZsetCommands : public ServerTest {};

TEST_F(ZsetCommands, Adds) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"ZADD z 1 a 2 b", ":2"},
        {"ZADD z CH 3 a 2 b 4 c", ":2"},
        {"ZADD z NX 9 a 9 d", ":1"},
        {"ZADD z XX CH 5 a 5 e", ":1"},
        {"ZADD z GT CH 4 a 6 b", ":1"},
        {"ZADD z INCR 2 a", "7"},
        {"ZADD z NX INCR 2 a", "nil"},
        {"ZADD z NX XX 1 a", "-ERR XX and NX options at the same time are not compatible"},
        {"ZADD z GT LT 1 a", "-ERR GT, LT, and/or NX options at the same time are not compatible"},
        {"ZADD z 1", "-ERR wrong number of arguments for 'zadd' command"},
        {"ZADD z 1 a 2", "-ERR syntax error"},
        {"ZADD z x a", "-ERR value is not a valid float"},
        {"ZINCRBY z 1.5 c", "5.5"},
        {"ZADD z inf i", ":1"},
        {"ZINCRBY z -inf i", "-ERR resulting score is not a number (NaN)"},
        {"ZREM z i nope", ":1"},
        {"ZSCORE z c", "5.5"},
        {"ZMSCORE z a nope", "[7 nil]"},
        {"ZRANK z a", ":2"},
        {"ZREVRANK z a WITHSCORE", "[:1 7]"},
        {"ZRANK z nope WITHSCORE", "nil"},
        {"ZCARD z", ":4"},
    };
    expect_replies(client, table);
}

TEST_F(ZsetCommands, Ranges) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"ZADD z 1 a 2 b 3 c 4 d", ":4"},
        {"ZRANGE z 0 -1", "[a b c d]"},
        {"ZRANGE z 0 1 REV WITHSCORES", "[d 4 c 3]"},
        {"ZRANGE z (1 3 BYSCORE", "[b c]"},
        {"ZRANGE z +inf (1 BYSCORE REV LIMIT 1 2", "[c b]"},
        {"ZRANGE z 0 -1 LIMIT 0 1",
         "-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"},
        {"ZRANGE z [b (d BYLEX", "[b c]"},
        {"ZRANGEBYSCORE z -inf 2 WITHSCORES", "[a 1 b 2]"},
        {"ZREVRANGEBYLEX z + [c", "[d c]"},
        {"ZREVRANGE z 1 2", "[c b]"},
        {"ZCOUNT z (1 +inf", ":3"},
        {"ZLEXCOUNT z - (c", ":2"},
        {"ZCOUNT z x 1", "-ERR min or max is not a float"},
        {"ZLEXCOUNT z x +", "-ERR min or max not valid string range item"},
        {"ZRANGESTORE y z 1 2", ":2"},
        {"ZRANGE y 0 -1 WITHSCORES", "[b 2 c 3]"},
        {"ZREMRANGEBYSCORE z 4 4", ":1"},
        {"ZREMRANGEBYRANK z 0 0", ":1"},
        {"ZREMRANGEBYLEX z - +", ":2"},
        {"EXISTS z", ":0"},
    };
    expect_replies(client, table);
}

TEST_F(ZsetCommands, Algebra) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"ZADD a 1 x 2 y", ":2"},
        {"ZADD b 3 y 4 z", ":2"},
        {"SADD s x z", ":2"},
        {"ZUNION 2 a b WITHSCORES", "[x 1 z 4 y 5]"},
        {"ZINTER 2 a b WEIGHTS 2 10 WITHSCORES", "[y 34]"},
        {"ZINTER 2 a s AGGREGATE MAX WITHSCORES", "[x 1]"},
        {"ZDIFF 2 a b", "[x]"},
        {"ZINTERCARD 2 a b", ":1"},
        {"ZUNIONSTORE d 2 a b AGGREGATE MIN", ":3"},
        {"ZRANGE d 0 -1 WITHSCORES", "[x 1 y 2 z 4]"},
        {"ZDIFFSTORE d 1 missing", ":0"},
        {"EXISTS d", ":0"},
        {"ZUNION 0 a", "-ERR at least 1 input key is needed for 'zunion' command"},
        {"ZUNION 2 a b WEIGHTS 1", "-ERR syntax error"},
        {"ZUNION 2 a b WEIGHTS 1 x", "-ERR weight value is not a float"},
    };
    expect_replies(client, table);
}

TEST_F(ZsetCommands, Pops) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"ZADD z 1 a 2 b 3 c", ":3"}, {"ZPOPMIN z", "[a 1]"},        {"ZPOPMAX z 2", "[c 3 b 2]"},
        {"ZPOPMIN z", "[]"},          {"ZADD z 1 a", ":1"},          {"ZMPOP 2 x z MIN", "[z [[a 1]]]"},
        {"ZMPOP 1 x MIN", "nil"},     {"BZPOPMIN x 0.01", "nil"},    {"BZMPOP 0.01 1 x MAX", "nil"},
        {"ZADD z 1 a", ":1"},         {"BZPOPMAX x z 0", "[z a 1]"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
