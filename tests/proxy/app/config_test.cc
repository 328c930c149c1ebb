#include "proxy/app/config.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace sabil::proxy::app {
namespace {

using namespace std::chrono_literals;

Config good(const std::string& text, const Overrides& overrides = {}) {
    auto config = read_config(text, "c.toml", overrides);
    if (!config) {
        for (const auto& error : config.error()) ADD_FAILURE() << error;
        return {};
    }
    return *config;
}

// The only error of a text.
std::string bad(const std::string& text, const Overrides& overrides = {}) {
    auto config = read_config(text, "c.toml", overrides);
    if (config) return "no error";
    return config.error().size() == 1 ? config.error().front()
                                      : std::to_string(config.error().size()) + " errors: " + config.error().front();
}

const std::string mysql = "[mysql]\nuser = 'sabil'\n";

TEST(Config, NothingIsAPlainRespServer) {
    auto config = good("");
    ASSERT_EQ(config.listen.resp.size(), 1U);
    EXPECT_EQ(config.listen.resp[0].text(), "127.0.0.1:6379");
    EXPECT_TRUE(config.listen.mysql.empty());
    EXPECT_FALSE(config.mysql);
    EXPECT_EQ(config.cache.max_staleness, 1s);
    EXPECT_FALSE(config.cache.default_ttl);
}

TEST(Config, ReadsEverything) {
    auto config = good(R"([listen]
resp = ["127.0.0.1:7000", "unix:/tmp/s.sock"]
mysql = "[::1]:3307"
http = ""
[mysql]
host = "db"
port = 3310
user = "sabil"
password = "x"
database = "news"
tls = "verify-identity"
pool = 4
[cache]
maxmemory = "64mb"
coherence = "in-path"
max_staleness = "500ms"
default_ttl = "30s"
max_result = 1000
write_ack = "applied"
transactions = "until-write"
[[lookup]]
name = "article"
key = "article:{id}"
query = "SELECT * FROM articles WHERE id = {id}"
as = "hash"
ttl = "60s"
negative_ttl = "5s"
stale_while_revalidate = "1s"
stale_if_error = "10m"
refresh = true
[[rule]]
match = { user = "app", schema = "news", table = "sessions", query = "^SELECT" }
cache = false
[[rule]]
ttl = "5s"
stale_if_error = "10m"
refresh = true
[redis]
appendonly = "yes"
save = "3600 1"
databases = 4
lazyfree-lazy-eviction = true
[log]
level = "warn"
json = true
)");
    EXPECT_EQ(config.listen.resp[1].text(), "unix:/tmp/s.sock");
    EXPECT_EQ(config.listen.mysql[0].text(), "[::1]:3307");
    EXPECT_TRUE(config.listen.http.empty());
    EXPECT_EQ(config.mysql->address(), "db:3310");
    EXPECT_EQ(config.mysql->tls, TlsUse::verify_identity);
    EXPECT_EQ(config.mysql->pool, 4U);
    EXPECT_EQ(config.cache.maxmemory_bytes, 64U << 20);
    EXPECT_EQ(config.cache.coherence, CoherenceWish::in_path);
    EXPECT_EQ(config.cache.max_staleness, 500ms);
    EXPECT_EQ(config.cache.default_ttl, 30s);
    EXPECT_EQ(config.cache.max_result_bytes, 1000U);
    EXPECT_EQ(config.cache.write_ack, WriteAck::applied);
    EXPECT_EQ(config.cache.transactions, TransactionUse::until_write);
    ASSERT_EQ(config.lookups.size(), 1U);
    EXPECT_EQ(config.lookups[0].as, readthrough::Encoding::hash);
    EXPECT_EQ(config.lookups[0].stale_if_error, 10min);
    EXPECT_TRUE(config.lookups[0].refresh);
    ASSERT_EQ(config.rules.size(), 2U);
    EXPECT_EQ(config.rules[0].table, "sessions");
    EXPECT_FALSE(config.rules[0].cache);
    EXPECT_EQ(config.rules[1].ttl, 5s);
    EXPECT_TRUE(config.rules[1].refresh);
    EXPECT_EQ(config.redis,
              (RedisParameters{
                  {"appendonly", "yes"}, {"databases", "4"}, {"lazyfree-lazy-eviction", "yes"}, {"save", "3600 1"}}));
    EXPECT_EQ(config.log.level, LogLevel::warn);
    EXPECT_TRUE(config.log.json);
}

TEST(Config, NamesTheLineOfAnUnknownKeyAndTheNearest) {
    EXPECT_EQ(bad("[cache]\n\nmaxmemroy = '1gb'\n"),
              "c.toml:3: unknown key 'maxmemroy' in [cache]; did you mean 'maxmemory'?");
    EXPECT_EQ(bad("[log]\nfrobnicate = 1\n"), "c.toml:2: unknown key 'frobnicate' in [log]; it knows level, json, slow");
    EXPECT_EQ(bad("[cahce]\n"), "c.toml:1: unknown section 'cahce'; did you mean 'cache'?");
    EXPECT_EQ(bad(mysql + "[[lookup]]\nname='a'\nkey='a'\nquery='SELECT 1'\nttll='1s'\n"),
              "c.toml:7: unknown key 'ttll' in [lookup]; did you mean 'ttl'?");
    EXPECT_EQ(bad("[[rule]]\nmatch = { tabel = 'x' }\n"),
              "c.toml:2: unknown key 'tabel' in [rule.match]; did you mean 'table'?");
    EXPECT_EQ(bad("maxmemory = '1gb'\n").substr(0, 43), "c.toml:1: unknown section 'maxmemory'; the ");
}

TEST(Config, NamesTheTypeThatIsWanted) {
    EXPECT_EQ(bad("[mysql]\nuser = 'u'\nport = '3306'\n"),
              "c.toml:3: 'port' in [mysql] must be a whole number, not a string");
    EXPECT_EQ(bad("[log]\njson = 'yes'\n"), "c.toml:2: 'json' in [log] must be true or false, not a string");
    EXPECT_EQ(bad("[mysql]\nuser = 5\n"), "c.toml:2: 'user' in [mysql] must be a string in quotes, not a whole number");
    EXPECT_EQ(bad("[listen]\nresp = 6379\n"),
              "c.toml:2: 'resp' in [listen] must be \"host:port\", \"unix:/path\" or a list of them");
    EXPECT_EQ(bad("cache = 5\n"), "c.toml:1: 'cache' must be a table, not a whole number; write [cache]");
    EXPECT_EQ(bad("[lookup]\nname = 'x'\n"), "c.toml:1: 'lookup' must be a list of tables; write [[lookup]]");
    EXPECT_EQ(bad("[redis]\nsave = [1]\n"),
              "c.toml:2: 'save' in [redis] must be a string, a number, or true or false, not a list");
    EXPECT_EQ(bad("[cache]\ndefault_ttl = 1979-05-27\n"), "c.toml:2: dates and times are not used here; quote it");
}

TEST(Config, NamesTheRange) {
    EXPECT_EQ(bad("[mysql]\nuser='u'\nport = 70000\n"),
              "c.toml:3: 'port' in [mysql] is 70000; it must be from 1 to 65535");
    EXPECT_EQ(bad("[mysql]\nuser='u'\npool = 0\n"), "c.toml:3: 'pool' in [mysql] is 0; it must be from 1 to 256");
    EXPECT_EQ(bad("[cache]\nmaxmemory = '5kb'\n"),
              "c.toml:2: 'maxmemory' in [cache] is less than 1mb; give at least that, or 0 for no limit");
    EXPECT_EQ(bad("[cache]\nmaxmemory = '5tb'\n"),
              "c.toml:2: 'maxmemory' in [cache] = \"5tb\" has the unit 'tb'; use kb, mb or gb");
    EXPECT_EQ(bad("[cache]\nmax_staleness = 5\n"),
              "c.toml:2: 'max_staleness' in [cache] = \"5\" has no unit; write \"5s\" for seconds");
    EXPECT_EQ(bad("[cache]\nmax_staleness = '1ms'\n"),
              "c.toml:2: 'max_staleness' in [cache] = \"1ms\" must be from 10ms to 3600s");
    EXPECT_EQ(bad("[cache]\ncoherence = 'strong'\n"),
              "c.toml:2: 'coherence' in [cache] is 'strong'; it must be one of auto, coherent, in-path, ttl");
    EXPECT_EQ(bad("[listen]\nresp = 'localhost'\n"),
              "c.toml:2: 'resp' in [listen] has a listen address 'localhost' has no port; write host:port, [v6 "
              "address]:port or unix:/path");
}

TEST(Config, NamesWhatIsMissing) {
    EXPECT_EQ(bad("[mysql]\nhost='db'\n"),
              "c.toml:1: 'user' in [mysql] is missing; give the account that lookups and the binlog reader use");
    EXPECT_EQ(bad(mysql + "[[lookup]]\nkey='a'\nquery='SELECT 1'\n"),
              "c.toml:3: 'name' in [lookup] is missing; metrics and error messages use it");
    EXPECT_EQ(bad("[[lookup]]\nname='a'\nkey='a'\nquery='SELECT 1'\n"),
              "c.toml:1: lookup 'a' needs a [mysql] section: the database it reads");
    EXPECT_EQ(bad("[listen]\nmysql='127.0.0.1:3307'\n"),
              "c.toml:2: 'mysql' in [listen] needs a [mysql] section: the database behind it");
}

TEST(Config, RefusesContradictions) {
    EXPECT_EQ(bad(mysql + "host='h'\nsocket='/s'\n"),
              "c.toml:4: 'socket' in [mysql] is given beside host; keep one of them");
    EXPECT_EQ(bad(mysql + "[[lookup]]\nname='a'\nkey='a'\nquery='q'\n[[lookup]]\nname='a'\nkey='b'\nquery='q'\n"),
              "c.toml:7: there is already a lookup 'a'; give each its own name");
    EXPECT_EQ(bad("[[rule]]\ncache=false\nttl='5s'\n"),
              "c.toml:3: 'ttl' in [rule] has no meaning beside cache = false");
    EXPECT_EQ(bad("[[rule]]\ncache=false\nrefresh=true\n"),
              "c.toml:3: 'refresh' in [rule] has no meaning beside cache = false");
    EXPECT_EQ(bad("[[rule]]\nmatch = { query = '(' }\n"),
              "c.toml:2: 'query' in [rule.match] = '(' is not a regular expression");
}

TEST(Config, NamesTheLineOfBadToml) {
    EXPECT_EQ(bad("[cache]\nmaxmemory = 256mb\n").substr(0, 9), "c.toml:2:");
    EXPECT_EQ(bad("[log]\nlevel = debug\n"), "c.toml:2: this value cannot be read; strings need quotes");
    EXPECT_EQ(bad("[log]\njson = true\njson = false\n").substr(0, 9), "c.toml:3:");
    EXPECT_EQ(bad("[log\n").substr(0, 9), "c.toml:1:");
    EXPECT_NE(bad(std::string("\xff\xfe\x00", 3)), "no error");
}

TEST(Config, ShowsAllErrorsAtOnce) {
    auto config = read_config("[log]\nlevel='loud'\njson=1\n[cache]\nfoo=1\n", "c.toml", {});
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().size(), 3U);
}

TEST(Config, TheCommandLineWins) {
    auto config = good("[cache]\nmaxmemory = '1gb'\n", {{"cache.maxmemory", "64mb"},
                                                        {"listen.resp", "127.0.0.1:0,unix:/tmp/x"},
                                                        {"listen.http", ""},
                                                        {"log.json", "true"},
                                                        {"mysql.user", "u"},
                                                        {"mysql.password", "12345"},
                                                        {"mysql.port", "3307"},
                                                        {"redis.appendonly", "yes"}});
    EXPECT_EQ(config.cache.maxmemory_bytes, 64U << 20);
    EXPECT_EQ(config.listen.resp.size(), 2U);
    EXPECT_TRUE(config.listen.http.empty());
    EXPECT_TRUE(config.log.json);
    EXPECT_EQ(config.mysql->password, "12345");
    EXPECT_EQ(config.mysql->port, 3307);
    EXPECT_EQ(config.redis, (RedisParameters{{"appendonly", "yes"}}));
}

TEST(Config, NamesTheFlagAtFault) {
    EXPECT_EQ(bad("", {{"cache.maxmemroy", "1gb"}}),
              "--cache.maxmemroy: unknown key 'maxmemroy' in [cache]; did you mean 'maxmemory'?");
    EXPECT_EQ(bad("", {{"cahce.x", "1"}}), "--cahce.x: unknown section 'cahce'; did you mean 'cache'?");
    EXPECT_EQ(bad("", {{"mysql.user", "u"}, {"mysql.port", "x"}}), "--mysql.port must be a whole number, not 'x'");
    EXPECT_EQ(bad("", {{"lookup.name", "x"}}), "--lookup.name: lookups and rules are set in the file only");
}

TEST(Config, TakesThePasswordFromOnePlace) {
    setenv("SABIL_TEST_PASSWORD", "from env", 1);
    EXPECT_EQ(good(mysql + "password_env='SABIL_TEST_PASSWORD'\n").mysql->password, "from env");
    EXPECT_EQ(
        bad(mysql + "password_env='SABIL_TEST_UNSET'\n"),
        "c.toml:3: 'password_env' in [mysql] names the environment variable 'SABIL_TEST_UNSET', which is not set");
    auto path = testing::TempDir() + "sabil_password_test";
    std::ofstream(path) << "from file\n";
    EXPECT_EQ(good(mysql + "password_file='" + path + "'\n").mysql->password, "from file");
    EXPECT_EQ(
        bad(mysql + "password='x'\npassword_file='" + path + "'\n"),
        "c.toml:4: 'password_file' in [mysql] is given beside another password; keep one of password, password_env "
        "and password_file");
    std::remove(path.c_str());
    EXPECT_NE(bad(mysql + "password_file='" + path + "'\n").find("cannot be read"), std::string::npos);
}

TEST(LoadConfig, NamesAFileItCannotRead) {
    auto missing = load_config("/nonexistent/sabil.toml", {});
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().front(), "'/nonexistent/sabil.toml' cannot be read: No such file or directory");
    auto folder = load_config(testing::TempDir(), {});
    ASSERT_FALSE(folder);
    EXPECT_NE(folder.error().front().find("is a folder"), std::string::npos);
}

TEST(Config, PasswordOfThePage) {
    auto config = read_config("[http]\npassword = \"secret\"\npublic_metrics = true\n", "c.toml", {});
    ASSERT_TRUE(config);
    EXPECT_EQ(config->http.password, "secret");
    EXPECT_TRUE(config->http.public_metrics);
    setenv("SABIL_TEST_HTTP_PASSWORD", "from outside", 1);
    config = read_config("[http]\npassword_env = \"SABIL_TEST_HTTP_PASSWORD\"\n", "c.toml", {});
    ASSERT_TRUE(config);
    EXPECT_EQ(config->http.password, "from outside");
    EXPECT_FALSE(config->http.public_metrics);
}

TEST(Config, WhatIsSlow) {
    using namespace std::chrono_literals;
    EXPECT_EQ(read_config("", "c.toml", {})->log.slow, 1s);
    EXPECT_EQ(read_config("[log]\nslow = \"250ms\"\n", "c.toml", {})->log.slow, 250ms);
    EXPECT_EQ(read_config("[log]\nslow = \"0s\"\n", "c.toml", {})->log.slow, 0s);
}

}  // namespace
}  // namespace sabil::proxy::app
