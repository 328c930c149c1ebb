#include "proxy/coherence/auditor.h"

#include <gtest/gtest.h>

#include "tests/proxy/readthrough/fake_coherence.h"

namespace sabil::proxy {
namespace {

// Fresh on the test's word.
class Proving final : public readthrough::FakeCoherenceBase {
  public:
    std::atomic<bool> proven{false};
    bool fresh_since(SteadyTime) const noexcept override { return proven; }
};

class AuditorTest : public testing::Test {
  protected:
    AuditDifference difference() {
        return {.face = "resp",
                .question = "key",
                .dependencies = {{1, 0}},
                .floor = coherence_.floor(),
                .applied = 0,
                .answered = std::chrono::steady_clock::now(),
                .kept = std::string("a\n\\", 3),
                .answer = "b"};
    }
    template <class Condition>
    static bool await(Condition condition) {
        for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return condition();
    }

    Proving coherence_;
    observe::Registry registry_;
};

TEST_F(AuditorTest, SamplesItsShareUpToItsLimit) {
    Auditor auditor(coherence_, {.one_in = 10, .per_second_max = 1000000}, registry_);
    int sampled = 0;
    for (int i = 0; i < 1000; ++i) sampled += auditor.sample();
    EXPECT_EQ(sampled, 100);
    Auditor limited(coherence_, {.one_in = 1, .per_second_max = 5}, registry_);
    sampled = 0;
    for (int i = 0; i < 1000; ++i) sampled += limited.sample();
    EXPECT_GE(sampled, 5);
    EXPECT_LE(sampled, 10) << "the second may change meanwhile";
    Auditor off(coherence_, {.one_in = 0}, registry_);
    EXPECT_FALSE(off.sample());
    coherence_.mode_now = CoherenceMode::in_path;
    EXPECT_FALSE(limited.sample()) << "nothing is promised";
}

TEST_F(AuditorTest, ADifferenceCountsOnceItIsProven) {
    Auditor auditor(coherence_, {.one_in = 1}, registry_);
    auditor.differs(difference());
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    EXPECT_EQ(auditor.stale(), 0U) << "what the server answered may be newer than what is applied";
    coherence_.proven = true;
    EXPECT_TRUE(await([&] { return auditor.stale() == 1; }));
    EXPECT_EQ(auditor.checked(), 1U);
    auditor.agrees();
    EXPECT_EQ(auditor.checked(), 2U);
}

TEST_F(AuditorTest, ARowThatChangedMeanwhileIsNoFind) {
    Auditor auditor(coherence_, {.one_in = 1}, registry_);
    auto changed = difference();
    coherence_.change();
    auditor.differs(changed);
    auditor.differs(difference());
    coherence_.proven = true;
    EXPECT_TRUE(await([&] { return auditor.stale() == 1; })) << "the second, whose row did not change";
    EXPECT_EQ(auditor.checked(), 1U);
}

}  // namespace
}  // namespace sabil::proxy
