#include "proxy/observe/http_access.h"

#include <gtest/gtest.h>

namespace sabil::proxy::observe {
namespace {

HttpCaller caller(const std::string& path, const std::string& peer, const std::string& host = "127.0.0.1:8379") {
    HttpCaller out;
    out.path = path;
    out.peer = peer;
    out.host = host;
    return out;
}

constexpr const char* secret = "Basic dTpzZWNyZXQ=";  // u:secret

TEST(HttpAccess, WithoutAPasswordOnlyLoopbackSeesThePage) {
    for (const auto* peer : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", ""}) {
        EXPECT_EQ(access_of(caller("/", peer), {}), Access::granted) << peer;
    }
    for (const auto* peer : {"10.0.0.1", "1270.0.0.1", "::2", "::ffff:10.0.0.1"}) {
        EXPECT_EQ(access_of(caller("/api/status", peer), {}), Access::loopback_only) << peer;
        EXPECT_EQ(access_of(caller("/metrics", peer), {}), Access::granted) << peer;
        EXPECT_EQ(access_of(caller("/readyz", peer), {}), Access::granted) << peer;
    }
}

TEST(HttpAccess, WithoutAPasswordNoOtherName) {
    for (const auto* host : {"localhost:8379", "localhost", "127.0.0.1", "[::1]:8379", "", "sabil.localhost:1"}) {
        EXPECT_EQ(access_of(caller("/", "127.0.0.1", host), {}), Access::granted) << host;
    }
    for (const auto* host : {"evil.example", "evil.example:8379", "127.0.0.1.evil.example", "localhost.evil.example"}) {
        EXPECT_EQ(access_of(caller("/", "127.0.0.1", host), {}), Access::wrong_host) << host;
    }
}

TEST(HttpAccess, ThePasswordIsAskedOfAll) {
    auto one = caller("/metrics", "127.0.0.1", "any.example");
    EXPECT_EQ(access_of(one, {"secret"}), Access::wrong_password);
    for (const auto* header :
         {"Basic dTp3cm9uZw==", "Bearer dTpzZWNyZXQ=", "Basic", "Basic !!!", "Basic dTpzZWNyZXQx"}) {
        one.authorization = header;
        EXPECT_EQ(access_of(one, {"secret"}), Access::wrong_password) << header;
    }
    one.authorization = secret;
    EXPECT_EQ(access_of(one, {"secret"}), Access::granted);
    one.peer = "10.0.0.1";
    EXPECT_EQ(access_of(one, {"secret"}), Access::granted);
    EXPECT_EQ(access_of(caller("/healthz", "10.0.0.1"), {"secret"}), Access::granted);
    EXPECT_EQ(access_of(caller("/metrics", "10.0.0.1"), {"secret", true}), Access::granted);
    EXPECT_EQ(access_of(caller("/api/status", "10.0.0.1"), {"secret", true}), Access::wrong_password);
}

TEST(HttpAccess, AChangeComesFromThePageItself) {
    auto one = caller("/api/purge", "127.0.0.1");
    one.is_change = true;
    EXPECT_EQ(access_of(one, {}), Access::granted);  // no browser
    one.origin = "http://127.0.0.1:8379";
    EXPECT_EQ(access_of(one, {}), Access::granted);
    for (const auto* origin : {"http://evil.example", "null", "http://127.0.0.1:8380", "http://127.0.0.1:8379.evil"}) {
        one.origin = origin;
        EXPECT_EQ(access_of(one, {}), Access::foreign_origin) << origin;
        one.authorization = secret;
        EXPECT_EQ(access_of(one, {"secret"}), Access::foreign_origin) << origin;
    }
}

}  // namespace
}  // namespace sabil::proxy::observe
