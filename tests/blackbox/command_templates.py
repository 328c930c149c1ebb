"""Command templates per family, in a small grammar that generator.py expands.

  {name}     a random value of that kind (see generator.KINDS); {k:string} a key that probably holds that type
  [ ... ]    present or absent         ( a | b )   one of them         ...+   one to four times
A template's first expansion word is the command. A leading number is its weight (1 without).
Commands whose replies are random are followed by what removes the key, so that both servers stay equal.
"""

STRING = """
4 SET {k:string} {value}
3 SET {k:string} {value} [NX|XX] [GET] [EX {ttl}|PX {ttlms}|EXAT {at}|PXAT {atms}|KEEPTTL]
GET {k:string}
GETEX {k:string} [EX {ttl}|PX {ttlms}|EXAT {at}|PXAT {atms}|PERSIST]
GETDEL {k:string}
GETSET {k:string} {value}
SETNX {k:string} {value}
SETEX {k:string} {ttl} {value}
PSETEX {k:string} {ttlms} {value}
MGET {k:any}+
MSET {k:string} {value} [{k:string} {value}]
MSETNX {k:string} {value} [{k:string} {value}]
2 SET {k:string} {integer}
2 INCR {k:string}
DECR {k:string}
2 INCRBY {k:string} {integer}
DECRBY {k:string} {integer}
2 INCRBYFLOAT {k:string} {float}
APPEND {k:string} {value}
STRLEN {k:string}
SETRANGE {k:string} {offset} {value}
GETRANGE {k:string} {index} {index}
SUBSTR {k:string} {index} {index}
LCS {k:string} {k:string} [LEN|IDX] [MINMATCHLEN {small}] [WITHMATCHLEN]
"""

KEYS = """
DEL {k:any}+
UNLINK {k:any}+
2 EXISTS {k:any}+
TOUCH {k:any}+
2 TYPE {k:any}
EXPIRE {k:any} {ttl} [NX|XX|GT|LT]
PEXPIRE {k:any} {ttlms} [NX|XX|GT|LT]
EXPIREAT {k:any} {at} [NX|XX|GT|LT]
PEXPIREAT {k:any} {atms} [NX|XX|GT|LT]
TTL {k:any}
PTTL {k:any}
EXPIRETIME {k:any}
PEXPIRETIME {k:any}
PERSIST {k:any}
RENAME {k:any} {k:any}
RENAMENX {k:any} {k:any}
COPY {k:any} {k:any} [DB {database}] [REPLACE]
MOVE {k:any} {database}
KEYS {pattern}
RANDOMKEY
DBSIZE
OBJECT (ENCODING|REFCOUNT|IDLETIME|FREQ) {k:any}
SORT {k:list} [BY {sortpattern}] [LIMIT {index} {index}] [GET {sortpattern}] [ASC|DESC] [STORE {k:list}]
SORT {k:list} [BY {sortpattern}] [LIMIT {index} {index}] [GET {sortpattern}] [ASC|DESC] ALPHA
SORT {k:set} [BY string:*] [ASC|DESC] [LIMIT {index} {index}]
SORT {k:set} [LIMIT {index} {index}] [GET #] [GET {sortpattern}] [ASC|DESC] ALPHA [STORE {k:list}]
SORT_RO {k:zset} [BY nosort] [LIMIT {index} {index}] [ASC|DESC] [ALPHA]
"""

SCAN = """
SCAN 0 COUNT 100000 [MATCH {pattern}] [TYPE {type}]
HSCAN {k:hash} 0 COUNT 100000 [MATCH {pattern}]
SSCAN {k:set} 0 COUNT 100000 [MATCH {pattern}]
ZSCAN {k:zset} 0 COUNT 100000 [MATCH {pattern}]
SCAN {cursor} COUNT {integer}
HSCAN {k:hash} {cursor} COUNT {integer}
SSCAN {k:set} {cursor} NOVALUES
ZSCAN {k:zset} {cursor} BOGUS {small}
"""

HASH = """
4 HSET {k:hash} {field} {value} [{field} {value}]
2 HSET {k:hash} {field} {integer} [{field} {float}] [{field} {value}] [{field} {value}]
HMSET {k:hash} {field} {value} [{field} {value}]
HSETNX {k:hash} {field} {value}
HGET {k:hash} {field}
HMGET {k:hash} {field}+
2 HDEL {k:hash} {field}+
HLEN {k:hash}
HSTRLEN {k:hash} {field}
HEXISTS {k:hash} {field}
HKEYS {k:hash}
HVALS {k:hash}
2 HGETALL {k:hash}
2 HINCRBY {k:hash} {field} {integer}
2 HINCRBYFLOAT {k:hash} {field} {float}
HRANDFIELD {k:hash} [{count}] [WITHVALUES]
"""

LIST = """
3 LPUSH {k:list} {value}+
3 RPUSH {k:list} {value}+
RPUSH {k:list} {integer}+
LPUSHX {k:list} {value}+
RPUSHX {k:list} {value}+
2 LPOP {k:list} [{count}]
2 RPOP {k:list} [{count}]
LLEN {k:list}
2 LINDEX {k:list} {index}
2 LINSERT {k:list} (BEFORE|AFTER) {value} {value}
2 LRANGE {k:list} {index} {index}
LREM {k:list} {index} {value}
LSET {k:list} {index} {value}
LTRIM {k:list} {index} {index}
2 LPOS {k:list} {value} [RANK {index}] [COUNT {count}] [MAXLEN {count}]
RPOPLPUSH {k:list} {k:list}
LMOVE {k:list} {k:list} (LEFT|RIGHT) (LEFT|RIGHT)
LMPOP {one} {k:list} (LEFT|RIGHT) [COUNT {count}]
LMPOP 2 {k:list} {k:list} (LEFT|RIGHT) [COUNT {small}]
BLPOP {k:list} {k:list} {timeout}
BRPOP {k:list} {timeout}
BLMOVE {k:list} {k:list} (LEFT|RIGHT) (LEFT|RIGHT) {timeout}
BRPOPLPUSH {k:list} {k:list} {timeout}
BLMPOP {timeout} 2 {k:list} {k:list} (LEFT|RIGHT) [COUNT {small}]
"""

SET = """
4 SADD {k:set} {member}+
2 SADD {k:set} {integer}+
SREM {k:set} {member}+
SCARD {k:set}
SISMEMBER {k:set} {member}
SMISMEMBER {k:set} {member}+
2 SMEMBERS {k:set}
SMOVE {k:set} {k:set} {member}
SINTER {k:set}+
SUNION {k:set}+
SDIFF {k:set}+
SINTERSTORE {k:set} {k:set}+
SUNIONSTORE {k:set} {k:set}+
SDIFFSTORE {k:set} {k:set}+
SINTERCARD 2 {k:set} {k:set} [LIMIT {count}]
SINTERCARD {one} {k:set} [LIMIT {count}]
SRANDMEMBER {k:set} [{count}]
SPOP {k:set} 1000
SPOP {k:set} {count} ; DEL $1
"""

ZSET = """
4 ZADD {k:zset} {score} {member} [{score} {member}]
2 ZADD {k:zset} [NX|XX] [GT|LT] [CH] [INCR] {score} {member} [{score} {member}]
2 ZADD {k:lex} 0 {member} 0 {member} 0 {member}
ZINCRBY {k:zset} {score} {member}
ZREM {k:zset} {member}+
ZCARD {k:zset}
ZSCORE {k:zset} {member}
ZMSCORE {k:zset} {member}+
ZRANK {k:zset} {member} [WITHSCORE]
ZREVRANK {k:zset} {member} [WITHSCORE]
ZCOUNT {k:zset} {scorebound} {scorebound}
ZLEXCOUNT {k:lex} {lexbound} {lexbound}
2 ZRANGE {k:zset} {index} {index} [REV] [WITHSCORES]
ZRANGE {k:zset} {scorebound} {scorebound} BYSCORE [REV] [LIMIT {index} {index}] [WITHSCORES]
ZRANGE {k:lex} {lexbound} {lexbound} BYLEX [REV] [LIMIT {index} {index}] [WITHSCORES]
ZREVRANGE {k:zset} {index} {index} [WITHSCORES]
ZRANGEBYSCORE {k:zset} {scorebound} {scorebound} [WITHSCORES] [LIMIT {index} {index}]
ZREVRANGEBYSCORE {k:zset} {scorebound} {scorebound} [WITHSCORES] [LIMIT {index} {index}]
ZRANGEBYLEX {k:lex} {lexbound} {lexbound} [LIMIT {index} {index}]
ZREVRANGEBYLEX {k:lex} {lexbound} {lexbound} [LIMIT {index} {index}]
ZRANGESTORE {k:zset} {k:zset} {index} {index} [REV]
ZRANGESTORE {k:zset} {k:zset} {scorebound} {scorebound} BYSCORE [REV] [LIMIT {index} {index}]
ZREMRANGEBYRANK {k:zset} {index} {index}
ZREMRANGEBYSCORE {k:zset} {scorebound} {scorebound}
ZREMRANGEBYLEX {k:lex} {lexbound} {lexbound}
ZUNION 2 {k:zset} {k:zset} [WEIGHTS {float} {float}] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
ZINTER 2 {k:zset} {k:setorzset} [WEIGHTS {float} {float}] [AGGREGATE (SUM|MIN|MAX)] [WITHSCORES]
ZDIFF 2 {k:zset} {k:setorzset} [WITHSCORES]
ZUNIONSTORE {k:zset} 2 {k:zset} {k:setorzset} [WEIGHTS {float} {float}] [AGGREGATE (SUM|MIN|MAX)]
ZINTERSTORE {k:zset} {one} {k:zset} [WEIGHTS {float}] [AGGREGATE (SUM|MIN|MAX)]
ZDIFFSTORE {k:zset} 2 {k:zset} {k:setorzset}
ZINTERCARD 2 {k:zset} {k:zset} [LIMIT {count}]
ZPOPMIN {k:zset} [{count}]
ZPOPMAX {k:zset} [{count}]
ZMPOP 2 {k:zset} {k:zset} (MIN|MAX) [COUNT {count}]
BZPOPMIN {k:zset} {k:zset} {timeout}
BZPOPMAX {k:zset} {timeout}
BZMPOP {timeout} 2 {k:zset} {k:zset} (MIN|MAX) [COUNT {count}]
ZRANDMEMBER {k:zset} [{count}] [WITHSCORES]
"""

BITMAP = """
3 SETBIT {k:string} {offset} {bit}
GETBIT {k:string} {offset}
BITCOUNT {k:string} [{index} {index}] [BYTE|BIT]
BITPOS {k:string} {bit} [{index}] [{index}] [BYTE|BIT]
BITOP (AND|OR|XOR) {k:string} {k:string}+
BITOP NOT {k:string} {k:string}
BITFIELD {k:string} [GET {bittype} {bitoffset}] [OVERFLOW (WRAP|SAT|FAIL)] [SET {bittype} {bitoffset} {fieldvalue}] [INCRBY {bittype} {bitoffset} {integer}]
BITFIELD_RO {k:string} GET {bittype} {bitoffset}
"""

HYPERLOGLOG = """
3 PFADD {k:hll} {member}+
PFADD {k:hll}
PFCOUNT {k:hll}+
PFMERGE {k:hll} {k:hll}+
PFCOUNT {k:string}
"""

GEO = """
4 GEOADD {k:geo} [NX|XX] [CH] {lon} {lat} {member} [{lon} {lat} {member}]
GEOPOS {k:geo} {member}+
GEODIST {k:geo} {member} {member} [{unit}]
GEOHASH {k:geo} {member}+
2 GEOSEARCH {k:geo} (FROMMEMBER {member}|FROMLONLAT {lon} {lat}) (BYRADIUS {radius} {unit}|BYBOX {radius} {radius} {unit}) (ASC|DESC) [COUNT {small}] [WITHDIST] [WITHCOORD] [WITHHASH]
GEOSEARCHSTORE {k:geo} {k:geo} (FROMMEMBER {member}|FROMLONLAT {lon} {lat}) BYRADIUS {radius} {unit} [STOREDIST]
GEORADIUS {k:geo} {lon} {lat} {radius} {unit} [WITHDIST] [WITHCOORD] [WITHHASH] [COUNT {small}] (ASC|DESC)
GEORADIUS {k:geo} {lon} {lat} {radius} {unit} (STORE|STOREDIST) {k:geo}
GEORADIUSBYMEMBER {k:geo} {member} {radius} {unit} [WITHDIST] [WITHCOORD] (ASC|DESC)
GEORADIUS_RO {k:geo} {lon} {lat} {radius} {unit} (ASC|DESC)
GEORADIUSBYMEMBER_RO {k:geo} {member} {radius} {unit} (ASC|DESC)
"""

STREAM = """
5 XADD {k:stream} {streamid} {field} {value} [{field} {value}]
XADD {k:stream} (*|0-*|1-*|{small}-*) {field} {value} ; DEL $1
XADD {k:stream} [NOMKSTREAM] [MAXLEN [=|~] {small}|MINID [=] {streamid}] [LIMIT {small}] {streamid} {field} {value}
XLEN {k:stream}
2 XRANGE {k:stream} {streambound} {streambound} [COUNT {count}]
XREVRANGE {k:stream} {streambound} {streambound} [COUNT {count}]
XDEL {k:stream} {exactid}+
XTRIM {k:stream} (MAXLEN|MINID) [=] {small}
XSETID {k:stream} {laterid} [ENTRIESADDED {integer}] [MAXDELETEDID {exactid}]
XREAD [COUNT {count}] STREAMS {k:stream} {k:stream} {exactid} {exactid}
XREAD [COUNT {count}] [BLOCK {blockms}] STREAMS {k:stream} (0|$)
3 XGROUP CREATE {k:stream} {group} (0|$|{exactid}) [MKSTREAM] [ENTRIESREAD {small}]
XGROUP SETID {k:stream} {group} (0|$|{exactid}) [ENTRIESREAD {small}]
XGROUP DESTROY {k:stream} {group}
XGROUP CREATECONSUMER {k:stream} {group} {consumer}
XGROUP DELCONSUMER {k:stream} {group} {consumer}
4 XREADGROUP GROUP {group} {consumer} [COUNT {count}] [NOACK] STREAMS {k:stream} (>|0|{exactid})
2 XACK {k:stream} {group} {exactid}+
XCLAIM {k:stream} {group} {consumer} 0 {exactid}+ [IDLE {small}|TIME {at}] [RETRYCOUNT {small}] [FORCE] [JUSTID] [LASTID {exactid}]
XAUTOCLAIM {k:stream} {group} {consumer} 0 {exactid} [COUNT {count}] [JUSTID]
XPENDING {k:stream} {group}
XPENDING {k:stream} {group} [IDLE 0] {streambound} {streambound} {count} [{consumer}]
XINFO STREAM {k:stream} [FULL] [COUNT {count}]
XINFO GROUPS {k:stream}
XINFO CONSUMERS {k:stream} {group}
"""

TRANSACTION = """
MULTI ; SET {k:string} {value} ; GET {k:string} ; EXEC
MULTI ; LPUSH {k:list} {value} ; INCR {k:any} ; EXEC
MULTI ; HSET {k:hash} {field} ; EXEC
MULTI ; BLPOP {k:list} 0 ; ZADD {k:zset} {score} {member} ; DISCARD
WATCH {k:any} ; SET {k:string} {value} ; MULTI ; GET {k:string} ; EXEC
EXEC
DISCARD
"""

HASH_TTL = """
3 HSET {k:hash} {field} {value} [{field} {value}]
HEXPIRE {k:hash} {fieldttl} [NX|XX|GT|LT] FIELDS 1 {field}
HPEXPIRE {k:hash} {fieldttlms} [NX|XX|GT|LT] FIELDS 2 {field} {field}
HEXPIREAT {k:hash} {at} [NX|XX|GT|LT] FIELDS 1 {field}
HPEXPIREAT {k:hash} {atms} FIELDS {one} {field}
HTTL {k:hash} FIELDS 2 {field} {field}
HPTTL {k:hash} FIELDS 1 {field}
HEXPIRETIME {k:hash} FIELDS {one} {field}
HPEXPIRETIME {k:hash} FIELDS 1 {field}
HPERSIST {k:hash} FIELDS 2 {field} {field}
HGETALL {k:hash}
HINCRBY {k:hash} {field} {integer}
HSETNX {k:hash} {field} {value}
HDEL {k:hash} {field}
COPY {k:hash} {k:hash} REPLACE
"""

HASH_EXTENDED = """
HGETEX {k:hash} [EX {fieldttl}|PX {fieldttlms}|EXAT {at}|PERSIST] FIELDS 2 {field} {field}
HGETDEL {k:hash} FIELDS {one} {field}
HSETEX {k:hash} [FNX|FXX] [EX {fieldttl}|PXAT {atms}|KEEPTTL] FIELDS 1 {field} {value}
"""

# Of later versions than the usual peer: named explicitly, against a peer that knows them.
NEWER_FAMILIES = {
    "hash-ttl": HASH_TTL,
    "hash-extended": HASH_EXTENDED,
}

FAMILIES = {
    "string": STRING,
    "keys": KEYS,
    "scan": SCAN,
    "hash": HASH,
    "list": LIST,
    "set": SET,
    "zset": ZSET,
    "bitmap": BITMAP,
    "hyperloglog": HYPERLOGLOG,
    "geo": GEO,
    "stream": STREAM,
    "transaction": TRANSACTION,
}
