// The three rules as a small state machine, explored to the last interleaving. One row that every group changes; its
// value is the set of groups a read saw. A state is bad where an entry could be served that lacks an applied group.
// The design has no bad state; each broken variant must have one, or the model would prove nothing.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <unordered_set>
#include <vector>

#include "invalidation/ledger.h"

namespace sabil::invalidation {
namespace {

enum class Policy {
    design,
    delete_on_event,     // the event deletes the entry, the next read refills it
    lease,               // as above, and the event also voids the fills under way
    position_floor,      // the floor is the server's binlog position
    applied_floor,       // the floor is A
    late_floor,          // the floor is taken after the SELECT returned
    no_birth,            // signatures have no birth stamp
    publish_first,       // A is published before the stamps are written
    watermark_past_gap,  // W counts the visible groups instead of the unbroken run of them
};

struct Bounds {
    unsigned groups = 2;  // <= 7
    unsigned fills = 2;   // <= 3
    unsigned probes = 2;
};

constexpr unsigned most_fills = 3;
enum FillStep : std::uint8_t { idle, registered, floored, read, done };

struct Fill {
    std::uint8_t step = idle;
    std::uint8_t floor = 0;
    std::uint8_t value = 0;  // bit m-1: group m was seen
    std::uint8_t voided = 0;
    bool operator==(const Fill&) const = default;
};

struct State {
    std::uint8_t flushed = 0;  // groups in the binlog: 1..flushed
    std::uint8_t visible = 0;  // set of committed groups
    std::uint8_t started = 0;  // the tailer's group
    std::uint8_t seen = 0;     // it knew the signature when it hashed that group's rows
    std::uint8_t stamped = 0;  // last group whose stamps are written
    std::uint8_t stamp = 0;
    std::uint8_t applied = 0;
    std::uint8_t watermark = 0;
    std::uint8_t probes = 0;
    std::uint8_t probe_out = 0;  // 0 none, 1 asked, 2 the server answered
    std::uint8_t probe_saw = 0;
    std::uint8_t known = 0;  // the signature is registered
    std::uint8_t birth = 0;
    std::uint8_t entry = 0;  // 1: there is one
    std::uint8_t entry_value = 0;
    std::uint8_t entry_floor = 0;
    std::array<Fill, most_fills> fill{};
    bool operator==(const State&) const = default;
};
static_assert(sizeof(State) == 16 + 4 * most_fills);

struct StateHash {
    std::size_t operator()(const State& s) const noexcept {
        return hash_bytes_of(reinterpret_cast<const char*>(&s), sizeof(s));
    }
    static std::size_t hash_bytes_of(const char* at, std::size_t size) noexcept {
        std::size_t h = 1469598103934665603ULL;
        for (std::size_t i = 0; i < size; ++i) h = (h ^ static_cast<unsigned char>(at[i])) * 1099511628211ULL;
        return h;
    }
};

std::uint8_t bit(unsigned group) {
    return static_cast<std::uint8_t>(1U << (group - 1));
}
std::uint8_t up_to(unsigned group) {
    return static_cast<std::uint8_t>((1U << group) - 1);
}

// One action of one party; `name` and `who` let a path be replayed on the real ledger.
enum class Act : std::uint8_t {
    flush,
    commit,
    start,
    stamp,
    publish,
    ask,
    answer,
    hear,
    enrol,
    take_floor,
    select,
    store
};
struct Step {
    Act act;
    std::uint8_t who = 0;
    State next;
};

class Model {
  public:
    Model(Policy policy, Bounds bounds) : policy_(policy), bounds_(bounds) {}

    std::vector<Step> steps(const State& s) const {
        std::vector<Step> out;
        server(s, out);
        tailer(s, out);
        prober(s, out);
        for (std::uint8_t i = 0; i < bounds_.fills; ++i) filler(s, i, out);
        return out;
    }

    bool fresh(const State& s, std::uint8_t floor) const {
        if (policy_ == Policy::delete_on_event || policy_ == Policy::lease) return true;
        auto birth = policy_ == Policy::no_birth ? std::uint8_t{0} : s.birth;
        return std::max(s.stamp, birth) <= floor;
    }
    bool servable(const State& s) const { return s.entry != 0 && fresh(s, s.entry_floor); }
    bool bad(const State& s) const { return servable(s) && (up_to(s.applied) & ~s.entry_value) != 0; }

  private:
    void server(const State& s, std::vector<Step>& out) const {
        if (s.flushed < bounds_.groups) {
            auto n = s;
            ++n.flushed;
            out.push_back({Act::flush, n.flushed, n});
        }
        for (unsigned g = 1; g <= s.flushed; ++g) {  // in any order: binlog_order_commits may be off
            if (s.visible & bit(g)) continue;
            auto n = s;
            n.visible |= bit(g);
            out.push_back({Act::commit, static_cast<std::uint8_t>(g), n});
        }
    }

    void tailer(const State& s, std::vector<Step>& out) const {
        auto n = s;
        if (s.started == s.applied && s.started == s.stamped && s.started < s.flushed) {
            ++n.started;
            n.seen = s.known;
            out.push_back({Act::start, n.started, n});
            return;
        }
        bool publish_now = policy_ == Policy::publish_first ? s.applied < s.started : s.stamped == s.started;
        if (s.applied < s.started && publish_now) {
            n.applied = s.started;
            out.push_back({Act::publish, s.started, n});
        } else if (s.stamped < s.started) {
            n.stamped = s.started;
            if (s.seen) touch(n);
            out.push_back({Act::stamp, s.started, n});
        }
    }
    void touch(State& n) const {
        n.stamp = n.started;
        if (policy_ != Policy::delete_on_event && policy_ != Policy::lease) return;
        n.entry = n.entry_value = n.entry_floor = 0;
        if (policy_ == Policy::lease) {
            for (auto& fill : n.fill) fill.voided = fill.step == floored || fill.step == read ? 1 : fill.voided;
        }
    }

    void prober(const State& s, std::vector<Step>& out) const {
        auto n = s;
        if (s.probe_out == 0 && s.probes < bounds_.probes) {
            ++n.probes;
            n.probe_out = 1;
            out.push_back({Act::ask, 0, n});
        } else if (s.probe_out == 1) {
            n.probe_saw = s.visible;
            n.probe_out = 2;
            out.push_back({Act::answer, 0, n});
        } else if (s.probe_out == 2) {
            auto run =
                policy_ == Policy::watermark_past_gap ? std::popcount(s.probe_saw) : std::countr_one(s.probe_saw);
            n.watermark = std::max(s.watermark, std::min(s.applied, static_cast<std::uint8_t>(run)));
            n.probe_out = n.probe_saw = 0;
            out.push_back({Act::hear, 0, n});
        }
    }

    void filler(const State& s, std::uint8_t i, std::vector<Step>& out) const {
        auto n = s;
        auto& fill = n.fill[i];
        switch (fill.step) {
            case idle:
                if (!s.known) n.birth = s.started;
                n.known = 1;
                fill.step = registered;
                out.push_back({Act::enrol, i, n});
                break;
            case registered:
                fill.floor = floor(s);
                fill.step = floored;
                out.push_back({Act::take_floor, i, n});
                break;
            case floored:
                fill.value = s.visible;
                fill.step = read;
                out.push_back({Act::select, i, n});
                break;
            case read:
                store(s, n, fill, i, out);
                break;
            default:
                break;
        }
    }
    std::uint8_t floor(const State& s) const {
        if (policy_ == Policy::position_floor) return s.flushed;
        if (policy_ == Policy::applied_floor) return s.applied;
        return s.watermark;
    }
    void store(const State& s, State& n, Fill& fill, std::uint8_t i, std::vector<Step>& out) const {
        if (policy_ == Policy::late_floor) fill.floor = s.watermark;
        bool voided = policy_ == Policy::lease && fill.voided;
        if (!voided && fresh(s, fill.floor) && !(s.entry && s.entry_floor > fill.floor)) {
            n.entry = 1;
            n.entry_value = fill.value;
            n.entry_floor = fill.floor;
        }
        fill = {.step = done};
        out.push_back({Act::store, i, n});
    }

    Policy policy_;
    Bounds bounds_;
};

struct Exploration {
    std::size_t states = 0;
    std::size_t bad = 0;
    std::size_t servable = 0;
};

Exploration explore(Policy policy, Bounds bounds) {
    Model model(policy, bounds);
    std::unordered_set<State, StateHash> seen{State{}};
    std::deque<State> open{State{}};
    Exploration found;
    while (!open.empty()) {
        auto state = open.front();
        open.pop_front();
        ++found.states;
        if (model.servable(state)) ++found.servable;
        if (model.bad(state)) {
            ++found.bad;
            continue;
        }
        for (const auto& step : model.steps(state)) {
            if (seen.insert(step.next).second) open.push_back(step.next);
        }
    }
    return found;
}

TEST(LedgerModel, TheDesignHasNoBadState) {
    for (Bounds bounds : {Bounds{2, 2, 2}, Bounds{3, 2, 2}, Bounds{2, 3, 2}, Bounds{3, 2, 3}}) {
        auto found = explore(Policy::design, bounds);
        EXPECT_EQ(found.bad, 0U);
        EXPECT_GT(found.states, 10000U) << "the bounds leave too little to explore";
        EXPECT_GT(found.servable, found.states / 100) << "a cache that serves nothing is trivially right";
        printf("groups %u, fills %u, probes %u: %zu states, %zu of them serve, %zu bad\n", bounds.groups, bounds.fills,
               bounds.probes, found.states, found.servable, found.bad);
    }
}

class BrokenVariant : public testing::TestWithParam<Policy> {};

TEST_P(BrokenVariant, HasABadState) {
    EXPECT_GT(explore(GetParam(), {2, 2, 2}).bad, 0U);
}

INSTANTIATE_TEST_SUITE_P(LedgerModel, BrokenVariant,
                         testing::Values(Policy::delete_on_event, Policy::lease, Policy::position_floor,
                                         Policy::applied_floor, Policy::late_floor, Policy::no_birth,
                                         Policy::publish_first, Policy::watermark_past_gap));

// The model's tailer, prober and fillers, played on the real ledger: it must decide as the model does after each step.
class Replay {
  public:
    void play(const Step& step, const State& before) {
        switch (step.act) {
            case Act::start:
                n_ = ledger_.begin_group();
                seen_ = ledger_.signatures("s", "t");
                break;
            case Act::stamp:
                ledger_.stamp(ledger_.table("s", "other"), n_);
                if (seen_) ledger_.stamp(ledger_.row("s", "t", seen_->front(), 7), n_);
                break;
            case Act::publish:
                ledger_.publish(n_);
                break;
            case Act::hear:
                ledger_.advance_watermark(std::min<Sequence>(before.applied, std::countr_one(before.probe_saw)));
                break;
            case Act::enrol:
                row_ = {ledger_.row("s", "t", ledger_.register_signature("s", "t", {0}).value(), 7)};
                break;
            case Act::take_floor:
                floors_.at(step.who) = ledger_.floor();
                break;
            case Act::store:
                if (ledger_.current(row_, floors_.at(step.who)) && !(entry_ && entry_->n > floors_.at(step.who).n)) {
                    entry_ = floors_.at(step.who);
                }
                break;
            default:
                break;  // the server's own steps
        }
    }
    bool servable() const { return entry_ && ledger_.current(row_, *entry_); }
    Sequence applied() const { return ledger_.applied(); }
    Sequence watermark() const { return ledger_.floor().n; }

  private:
    Ledger ledger_{1 << 10};
    Sequence n_ = 0;
    std::shared_ptr<const std::vector<Signature>> seen_;
    std::vector<Dependency> row_;
    std::array<Floor, most_fills> floors_{};
    std::optional<Floor> entry_;
};

TEST(LedgerModel, TheRealLedgerDecidesAsTheModelDoes) {
    std::mt19937 random(20);
    Model model(Policy::design, {3, 3, 3});
    for (int path = 0; path < 150; ++path) {
        State state;
        Replay replay;
        for (auto steps = model.steps(state); !steps.empty(); steps = model.steps(state)) {
            const auto& step = steps[random() % steps.size()];
            replay.play(step, state);
            state = step.next;
            ASSERT_EQ(replay.servable(), model.servable(state)) << "path " << path;
            ASSERT_EQ(replay.applied(), state.applied);
            ASSERT_EQ(replay.watermark(), state.watermark);
        }
    }
}

}  // namespace
}  // namespace sabil::invalidation
