#include "proxy/net/socket_watch.h"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <optional>

namespace sabil::proxy::net {
namespace {

struct Counts final : ReadinessTarget {
    void on_readable() override { ++readable; }
    void on_writable() override { ++writable; }
    int readable = 0;
    int writable = 0;
};

class SocketWatchTest : public testing::Test {
  protected:
    void SetUp() override {
        int ends[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        ours_ = ends[0];
        theirs_ = ends[1];
        ASSERT_TRUE(watch_->open(*worker_, ours_));
        watch_->want_readable();
        turn();
        counts_ = {};  // the first call may be spurious
    }
    void TearDown() override {
        watch_.reset();
        ::close(ours_);
        if (theirs_ >= 0) ::close(theirs_);
    }
    void turn() {
        worker_->context().restart();
        worker_->context().poll();
    }
    void send() { ASSERT_EQ(::send(theirs_, "x", 1, 0), 1); }

    std::optional<Worker> worker_{std::in_place, 0};
    Counts counts_;
    std::optional<SocketWatch> watch_{std::in_place, counts_};
    int ours_ = -1;
    int theirs_ = -1;
};

TEST_F(SocketWatchTest, ReportsEachEdgeOnceForEachWish) {
    watch_->want_readable();
    watch_->want_readable();
    turn();
    EXPECT_EQ(counts_.readable, 0);
    send();
    turn();
    EXPECT_EQ(counts_.readable, 1);
    watch_->want_readable();
    turn();
    EXPECT_EQ(counts_.readable, 1) << "what was not read is no new edge";
    send();
    turn();
    EXPECT_EQ(counts_.readable, 2);
}

TEST_F(SocketWatchTest, RemembersAnEdgeThatNobodyWishedFor) {
    send();
    turn();
    EXPECT_EQ(counts_.readable, 0);
    watch_->want_readable();
    EXPECT_EQ(counts_.readable, 0) << "never from inside";
    turn();
    EXPECT_EQ(counts_.readable, 1);
}

TEST_F(SocketWatchTest, ReportsThePeersEnd) {
    watch_->want_readable();
    ::close(theirs_);
    theirs_ = -1;
    turn();
    EXPECT_GE(counts_.readable, 1);
}

TEST_F(SocketWatchTest, ReportsAnEndThatCameWithTheLastBytes) {
    watch_->want_readable();
    send();
    ASSERT_EQ(::shutdown(theirs_, SHUT_WR), 0);
    worker_->context().restart();
    while (counts_.readable == 0 && worker_->context().poll_one() > 0) {
    }
    ASSERT_EQ(counts_.readable, 1);
    char byte = 0;
    ASSERT_EQ(::recv(ours_, &byte, 1, 0), 1);
    turn();
    EXPECT_EQ(counts_.readable, 2) << "once more, and only once";
    turn();
    EXPECT_EQ(counts_.readable, 2);
}

TEST_F(SocketWatchTest, ReportsRoomAgainAfterTheSocketWasFull) {
    char block[4096] = {};
    auto fill = [&] {
        while (::send(ours_, block, sizeof block, MSG_NOSIGNAL) > 0) {
        }
    };
    fill();
    watch_->want_writable();
    turn();
    counts_ = {};
    fill();
    watch_->want_writable();
    turn();
    ASSERT_EQ(counts_.writable, 0);
    while (::recv(theirs_, block, sizeof block, 0) > 0) {
    }
    turn();
    EXPECT_EQ(counts_.writable, 1);
}

TEST_F(SocketWatchTest, MayBeClosedWhileItsOperationsAreQueued) {
    watch_->want_readable();
    watch_->want_writable();
    send();
    watch_->close();
    turn();
    EXPECT_EQ(counts_.readable + counts_.writable, 0);
    ASSERT_TRUE(watch_->open(*worker_, ours_));
    watch_->want_readable();
    turn();
    EXPECT_EQ(counts_.readable, 1);
}

TEST_F(SocketWatchTest, MayBeClosedJustBeforeTheLoopIsDestroyed) {
    watch_->want_readable();
    watch_.reset();
    worker_.reset();
    EXPECT_EQ(counts_.readable, 0);
}

}  // namespace
}  // namespace sabil::proxy::net
