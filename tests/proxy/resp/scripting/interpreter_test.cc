#include "proxy/resp/scripting/interpreter.h"

#include "proxy/resp/reply.h"

#include <gtest/gtest.h>

#include <map>

namespace sabil::proxy::resp::scripting {
namespace {

// Answers by the command's name; remembers what was called.
class FakeHost final : public ScriptHost {
  public:
    std::map<std::string, std::string, std::less<>> replies;  // RESP bytes
    std::vector<std::string> calls;
    std::vector<std::string> logged;
    std::string stop;
    int asked = 0;

    void call(Args args, OutputBuffer& out, int) override {
        std::string line;
        for (auto arg : args) line.append(line.empty() ? "" : " ").append(arg);
        calls.push_back(line);
        const auto found = replies.find(args[0]);
        out.append(found == replies.end() ? std::string_view{"+OK\r\n"} : std::string_view{found->second});
    }
    std::optional<bool> permits(Args args) override {
        if (args[0] == "nosuch") return std::nullopt;
        return args[0] != "denied";
    }
    void log(LogLevel, std::string_view text) override { logged.emplace_back(text); }
    std::string_view stop_reason() noexcept override { return ++asked > 3 ? std::string_view{stop} : std::string_view{}; }
};

class InterpreterTest : public ::testing::Test {
  protected:
    std::string run(std::string_view source, std::vector<std::string_view> keys = {},
                    std::vector<std::string_view> arguments = {}, int client_resp = 2) {
        auto compiled = lua.compile(source, "@user_script");
        if (!compiled.error.empty()) return "compile: " + compiled.error;
        OutputBuffer out;
        Reply reply(out, client_resp);
        lua.run_script(compiled.reference, "SHA", keys, arguments, host, reply);
        lua.forget(compiled.reference);
        return std::string(out.view());
    }
    Interpreter lua{64U << 20};
    FakeHost host;
};

struct Case {
    const char* source;
    const char* reply;
};

TEST_F(InterpreterTest, ConvertsResults) {
    const Case cases[] = {
        {"return 3.99", ":3\r\n"},
        {"return -3.99", ":-3\r\n"},
        {"return 'text'", "$4\r\ntext\r\n"},
        {"return true", ":1\r\n"},
        {"return false", "$-1\r\n"},
        {"return nil", "$-1\r\n"},
        {"return", "$-1\r\n"},
        {"return {1, 'a', {2}, nil, 5}", "*3\r\n:1\r\n$1\r\na\r\n*1\r\n:2\r\n"},
        {"return {}", "*0\r\n"},
        {"return {ok='fine'}", "+fine\r\n"},
        {"return {err='MINE text'}", "-MINE text\r\n"},
        {"return redis.error_reply('MINE text')", "-MINE text\r\n"},
        {"return redis.error_reply('bare')", "-ERR bare\r\n"},
        {"return redis.status_reply('fine')", "+fine\r\n"},
        {"return {double=1.5}", "$3\r\n1.5\r\n"},
        {"return redis.sha1hex('')", "$40\r\nda39a3ee5e6b4b0d3255bfef95601890afd80709\r\n"},
        {"return function() end", "$-1\r\n"},
    };
    for (const auto& [source, reply] : cases) EXPECT_EQ(run(source), reply) << source;
}

TEST_F(InterpreterTest, ConvertsResultsOfRespThree) {
    EXPECT_EQ(run("redis.setresp(3); return true", {}, {}, 3), "#t\r\n");
    EXPECT_EQ(run("redis.setresp(3); return false", {}, {}, 3), "#f\r\n");
    EXPECT_EQ(run("return nil", {}, {}, 3), "_\r\n");
    EXPECT_EQ(run("return {double=1.5}", {}, {}, 3), ",1.5\r\n");
    EXPECT_EQ(run("return {map={a=1}}", {}, {}, 3), "%1\r\n$1\r\na\r\n:1\r\n");
    EXPECT_EQ(run("return {set={a=true}}", {}, {}, 3), "~1\r\n$1\r\na\r\n");
}

TEST_F(InterpreterTest, GivesKeysAndArguments) {
    EXPECT_EQ(run("return {KEYS[1], ARGV[2], #KEYS, #ARGV}", {"k"}, {"a", "b"}), "*4\r\n$1\r\nk\r\n$1\r\nb\r\n:1\r\n:2\r\n");
}

TEST_F(InterpreterTest, CallsCommandsAndConvertsTheirReplies) {
    host.replies = {{"arr", "*3\r\n:1\r\n$-1\r\n+OK\r\n"}, {"bad", "-WRONGTYPE no\r\n"}};
    EXPECT_EQ(run("return redis.call('set', 'k', 12, 1.5)"), "+OK\r\n");
    EXPECT_EQ(host.calls, std::vector<std::string>{"set k 12 1.5"});
    EXPECT_EQ(run("local r = redis.call('arr'); return {r[1], tostring(r[2]), r[3].ok}"), "*3\r\n:1\r\n$5\r\nfalse\r\n$2\r\nOK\r\n");
    EXPECT_EQ(run("return redis.pcall('bad').err"), "$12\r\nWRONGTYPE no\r\n");
    EXPECT_EQ(run("\nreturn redis.call('bad')"), "-WRONGTYPE no script: SHA, on @user_script:2.\r\n");
    EXPECT_EQ(run("local ok, e = pcall(redis.call, 'bad'); return e.err"), "$12\r\nWRONGTYPE no\r\n");
    EXPECT_TRUE(run("return redis.call()").starts_with("-ERR Please specify at least one argument for this redis.call() call"));
    EXPECT_TRUE(run("return redis.call('set', {})").starts_with("-ERR Lua redis lib command arguments must be strings or integers"));
}

TEST_F(InterpreterTest, RepliesOfRespThreeBecomeTables) {
    host.replies = {{"map", "%1\r\n$1\r\na\r\n,2.5\r\n"}, {"set", "~1\r\n$1\r\nx\r\n"}, {"null", "_\r\n"}};
    EXPECT_EQ(run("redis.setresp(3); return tostring(redis.call('map').map.a.double)"), "$3\r\n2.5\r\n");
    EXPECT_EQ(run("redis.setresp(3); return tostring(redis.call('set').set.x)"), "$4\r\ntrue\r\n");
    EXPECT_EQ(run("redis.setresp(3); return tostring(redis.call('null'))"), "$3\r\nnil\r\n");
}

TEST_F(InterpreterTest, ScriptsCannotReachOutOrChangeWhatOthersSee) {
    const char* readonly[] = {"foo = 1",
                              "_G.foo = 1",
                              "redis.call = 1",
                              "string.len = 1",
                              "cjson.encode = 1",
                              "setmetatable(_G, {})",
                              "getmetatable(_G).__index = 1",
                              "getmetatable('').__index = 1",
                              "getmetatable(redis).__index = 1",
                              "rawset(_G, 'foo', 1)",
                              "rawset(redis, 'call', 1)"};
    for (const auto* source : readonly)
        EXPECT_EQ(run(source), "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1.\r\n") << source;
    EXPECT_EQ(run("return foo"),
              "-ERR user_script:1: Script attempted to access nonexistent global variable 'foo' script: SHA, on @user_script:1.\r\n");
    for (const auto* name : {"dofile", "loadfile", "print", "require", "io", "debug", "getfenv", "setfenv", "package"})
        EXPECT_NE(run(std::string("return ") + name).find("nonexistent global variable"), std::string::npos) << name;
    EXPECT_EQ(run("return os.execute"), "$-1\r\n");
    EXPECT_EQ(run("return type(os.clock())"), "$6\r\nnumber\r\n");
    EXPECT_EQ(run("local f, e = loadstring(string.dump(function() end)); return e"), "$24\r\nattempt to load bytecode\r\n");
    EXPECT_EQ(run("return loadstring('return 5')()"), ":5\r\n");
    EXPECT_EQ(run("local n = 0; for k, v in pairs(bit) do n = n + 1 end; return n > 5"), ":1\r\n");
    EXPECT_EQ(run("local n = 0; for k, v in pairs({1, a = 2}) do n = n + v end; return n"), ":3\r\n");
    EXPECT_NE(run("local f, t = pairs(redis); t.call = 1").find("readonly"), std::string::npos);
    EXPECT_NE(run("loadstring('x = 5')()").find("readonly"), std::string::npos);
}

TEST_F(InterpreterTest, Libraries) {
    EXPECT_EQ(run("return cjson.encode({1, 'a', true})"), "$12\r\n[1,\"a\",true]\r\n");
    EXPECT_EQ(run("return cjson.decode('{\"a\": [1, 2]}').a[2]"), ":2\r\n");
    EXPECT_EQ(run("return bit.band(0xff, 0x0f)"), ":15\r\n");
    EXPECT_EQ(run("return {struct.unpack('>Ih', struct.pack('>Ih', 70000, -2))}"), "*3\r\n:70000\r\n:-2\r\n:7\r\n");
    EXPECT_EQ(run("return {struct.unpack('<bc0s', struct.pack('<bc0s', 3, 'abc', 'z'))}"), "*3\r\n$3\r\nabc\r\n$1\r\nz\r\n:7\r\n");
    EXPECT_EQ(run("return struct.size('!8bd')"), ":16\r\n");
    EXPECT_NE(run("return struct.unpack('>I', 'ab')").find("data string too short"), std::string::npos);
    EXPECT_EQ(run("return cmsgpack.pack({1, 'a', -1, 1.5})"),
              std::string("$10\r\n\x94\x01\xa1"
                          "a\xff\xca\x3f\xc0\x00\x00\r\n",
                          17));
    EXPECT_EQ(run("return cmsgpack.unpack(cmsgpack.pack({a = {1, 2, 300, 70000, -40000}})).a"),
              "*5\r\n:1\r\n:2\r\n:300\r\n:70000\r\n:-40000\r\n");
    EXPECT_EQ(run("return {cmsgpack.unpack_one(cmsgpack.pack(1, 2, 3), 1)}"), "*2\r\n:2\r\n:2\r\n");
    EXPECT_EQ(run("return {cmsgpack.unpack_limit(cmsgpack.pack(1, 2, 3), 2)}"), "*3\r\n:2\r\n:1\r\n:2\r\n");
    EXPECT_NE(run("return cmsgpack.unpack('\\220\\0')").find("Missing bytes"), std::string::npos);
}

TEST_F(InterpreterTest, ALimitOfMemoryEndsTheScriptNotTheProcess) {
    EXPECT_NE(run("local s = string.rep('x', 1048576); local t = {}; for i = 1, 200 do t[i] = s .. i end").find("not enough memory"),
              std::string::npos);
    EXPECT_EQ(run("return 1"), ":1\r\n");
}

TEST_F(InterpreterTest, AStoppedScriptCannotCatchIt) {
    host.stop = "Script killed by user with SCRIPT KILL.";
    EXPECT_NE(run("while true do pcall(function() while true do end end) end").find("Script killed by user"), std::string::npos);
    host.stop.clear();
    EXPECT_EQ(run("return 1"), ":1\r\n");
}

TEST_F(InterpreterTest, CompileErrorsAreTold) { EXPECT_EQ(run("return (").find("compile: user_script:1:"), 0u); }

TEST_F(InterpreterTest, RegistersFunctions) {
    auto library = lua.load_library(
        "local n = 0\n"
        "redis.register_function('add', function(keys, args) n = n + tonumber(args[1]); return n end)\n"
        "redis.register_function{function_name='ro', callback=function(keys) return keys[1] end, flags={'no-writes'}, description='d'}",
        host);
    ASSERT_EQ(library.error, "");
    ASSERT_EQ(library.functions.size(), 2u);
    EXPECT_EQ(library.functions[1].flags, std::vector<std::string>{"no-writes"});
    OutputBuffer out;
    Reply reply(out, 2);
    const std::string_view five[] = {"5"};
    lua.run_function(library.functions[0].reference, "add", {}, five, host, reply);
    lua.run_function(library.functions[0].reference, "add", {}, five, host, reply);
    lua.run_function(library.functions[1].reference, "ro", five, {}, host, reply);
    EXPECT_EQ(out.view(), ":5\r\n:10\r\n$1\r\n5\r\n");
    EXPECT_NE(lua.load_library("redis.call('get', 'x')", host).error.find("nonexistent global variable 'call'"), std::string::npos);
    EXPECT_NE(lua.load_library("redis.register_function('a b', function() end)", host).error.find("can only contain letters"), std::string::npos);
}

}  // namespace
}  // namespace sabil::proxy::resp::scripting
