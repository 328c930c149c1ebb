#include "proxy/mysql_front/login_rights.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/proxy/mysql_front/fake_coherence.h"

namespace sabil::proxy::mysql_front {
namespace {

class Changing final : public FakeCoherence {
  public:
    bool rights_kept_since(invalidation::Floor login) const noexcept override { return changed_at <= login.n; }
    invalidation::Sequence changed_at = 0;
};

TEST(LoginRights, AreSharedUntilAnAccountIsChanged) {
    Changing coherence;
    LoginRights rights;
    rights.login_begins({5, 1});
    EXPECT_FALSE(rights.look(coherence, 1));
    coherence.changed_at = 5;
    EXPECT_FALSE(rights.look(coherence, 2)) << "the login knew of it";
    EXPECT_TRUE(rights.are_current());
    coherence.changed_at = 6;
    EXPECT_FALSE(rights.look(coherence, 2)) << "a change is an epoch";
    EXPECT_TRUE(rights.look(coherence, 3));
    EXPECT_FALSE(rights.are_current());
    EXPECT_FALSE(rights.look(coherence, 4));
    EXPECT_FALSE(rights.are_current()) << "until the next login";
    rights.login_begins({6, 4});
    EXPECT_TRUE(rights.are_current());
    EXPECT_FALSE(rights.look(coherence, 4));
    EXPECT_TRUE(rights.are_current());
}

TEST(LoginRights, GiveAnOutdatedSessionIdsThatNobodyElseGets) {
    Fingerprints fingerprints;
    LoginRights one;
    LoginRights other;
    std::set<FingerprintId> ids{0, fingerprints.intern("a"), fingerprints.intern("b")};
    const auto first = one.own_fingerprint(fingerprints, "a");
    EXPECT_TRUE(ids.insert(first).second);
    EXPECT_TRUE(ids.insert(one.own_fingerprint(fingerprints, "b")).second);
    EXPECT_TRUE(ids.insert(other.own_fingerprint(fingerprints, "a")).second);
    EXPECT_EQ(one.own_fingerprint(fingerprints, "a"), first) << "back in a state that it was in";
    one.reread();
    EXPECT_TRUE(ids.insert(one.own_fingerprint(fingerprints, "a")).second) << "its rights may be others";
    for (int n = 0; n < 100; ++n) EXPECT_TRUE(ids.insert(one.own_fingerprint(fingerprints, std::to_string(n))).second);
    EXPECT_EQ(fingerprints.all().size(), 2U) << "what is nobody else's is not saved for the next process";
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
