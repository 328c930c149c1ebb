#include "proxy/resp/acl_user.h"

#include "proxy/resp/acl_store.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace sabil::proxy::resp {
namespace {

AclUser user_with(std::initializer_list<std::string_view> rules) {
    AclUser user;
    user.name = "ann";
    for (auto rule : rules) EXPECT_EQ(user.apply(rule), "") << rule;
    return user;
}

AclDenial check(const AclUser& user, std::vector<std::string_view> args) {
    std::size_t at = 0;
    return user.check(*command_table().resolve(args), args, at);
}

TEST(AclUser, AllowsCommandsByNameCategoryAndSubcommand) {
    auto user = user_with({"+@read", "-get", "+config|get", "+select|0", "~*", "&*"});
    EXPECT_EQ(check(user, {"STRLEN", "k"}), AclDenial::none);
    EXPECT_EQ(check(user, {"GET", "k"}), AclDenial::command);
    EXPECT_EQ(check(user, {"SET", "k", "v"}), AclDenial::command);
    EXPECT_EQ(check(user, {"CONFIG", "GET", "*"}), AclDenial::none);
    EXPECT_EQ(check(user, {"CONFIG", "SET", "a", "b"}), AclDenial::command);
    EXPECT_EQ(check(user, {"SELECT", "0"}), AclDenial::none);
    EXPECT_EQ(check(user, {"SELECT", "1"}), AclDenial::command);
}

TEST(AclUser, TellsReadableFromWritableKeys) {
    auto user = user_with({"+@all", "%R~r:*", "%W~w:*", "~b:*", "resetchannels", "&news"});
    EXPECT_EQ(check(user, {"GET", "r:1"}), AclDenial::none);
    EXPECT_EQ(check(user, {"SET", "r:1", "v"}), AclDenial::key);
    EXPECT_EQ(check(user, {"SET", "w:1", "v"}), AclDenial::none);
    EXPECT_EQ(check(user, {"GET", "w:1"}), AclDenial::key);
    EXPECT_EQ(check(user, {"COPY", "r:1", "w:1"}), AclDenial::none);
    EXPECT_EQ(check(user, {"COPY", "w:1", "r:1"}), AclDenial::key);
    EXPECT_EQ(check(user, {"PUBLISH", "news", "x"}), AclDenial::none);
    EXPECT_EQ(check(user, {"PUBLISH", "other", "x"}), AclDenial::channel);
    EXPECT_EQ(check(user, {"PSUBSCRIBE", "news"}), AclDenial::none);
    EXPECT_EQ(check(user, {"PSUBSCRIBE", "new*"}), AclDenial::channel);
}

TEST(AclUser, ASelectorMustAllowTheWholeCommand) {
    auto user = user_with({"+get", "~a:*", "(+set ~b:*)"});
    EXPECT_EQ(check(user, {"GET", "a:1"}), AclDenial::none);
    EXPECT_EQ(check(user, {"SET", "b:1", "v"}), AclDenial::none);
    EXPECT_EQ(check(user, {"SET", "a:1", "v"}), AclDenial::key);
    EXPECT_EQ(check(user, {"GET", "b:1"}), AclDenial::key);
}

TEST(AclUser, ShowsItsRulesSoThatTheyCanBeReadBack) {
    auto user = user_with({"on", ">pw", "~a*", "%R~b*", "&ch", "+@all", "-config", "+config|get", "(~x +set)"});
    EXPECT_EQ(user.describe(),
              "on sanitize-payload #30c952fab122c3f9759f02a6d95c3758b246b4fee239957b2d4fee46e26170c4 ~a* %R~b* "
              "resetchannels &ch +@all -config +config|get (~x resetchannels -@all +set)");
    EXPECT_TRUE(user.password_matches("pw"));
    EXPECT_FALSE(user.password_matches("other"));
}

TEST(AclUser, RefusesBadRules) {
    AclUser user;
    EXPECT_EQ(user.apply("xx"), "Syntax error");
    EXPECT_EQ(user.apply("+nosuch"), "Unknown command or category name in ACL");
    EXPECT_EQ(user.apply("+@nosuch"), "Unknown command or category name in ACL");
    EXPECT_EQ(user.apply("%X~a"), "Syntax error");
    EXPECT_EQ(user.apply("#abc"),
              "The provided hash must be exactly 64 characters and contain only lowercase hexadecimal characters");
    EXPECT_EQ(user.apply("(+get"), "Unmatched parenthesis in selector definition.");
}

TEST(AclStore, ChangesUsersWhollyOrNotAtAll) {
    AclStore store;
    std::string_view good[] = {"on", ">pw", "+get", "~*"};
    ASSERT_TRUE(store.set_user("ann", good));
    std::string_view bad[] = {"+set", "nonsense"};
    auto refused = store.set_user("ann", bad);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "Error in ACL SETUSER modifier 'nonsense': Syntax error");
    EXPECT_EQ(describe_commands(store.find("ann")->root), "-@all +get");
    EXPECT_TRUE(store.authenticate("ann", "pw"));
    EXPECT_FALSE(store.authenticate("ann", "no"));
    EXPECT_FALSE(store.auth_required());
    store.set_default_password("secret");
    EXPECT_TRUE(store.auth_required());
}

TEST(AclStore, ReadsBackTheFileItWrites) {
    auto path = testing::TempDir() + "acl_store_test.acl";
    AclStore store;
    std::string_view rules[] = {"on", ">pw", "+get", "~a*", "(+set", "~b*)"};
    ASSERT_TRUE(store.set_user("ann", rules));
    ASSERT_TRUE(store.save_file(path));
    AclStore other;
    auto loaded = other.load_file(path);
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(other.find("ann")->describe(), store.find("ann")->describe());
    std::ofstream(path) << "user ann on\nnonsense\n";
    auto refused = other.load_file(path);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find(":2:"), std::string::npos);
    EXPECT_EQ(other.find("ann")->describe(), store.find("ann")->describe());
    std::remove(path.c_str());
}

}  // namespace
}  // namespace sabil::proxy::resp
