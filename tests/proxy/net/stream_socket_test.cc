#include "proxy/net/stream_socket.h"

#include <asio/error.hpp>

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

namespace sabil::proxy::net {
namespace {

struct Waiting final : SocketWait {
    void resume(std::error_code error) override { errors.push_back(error); }
    void drop() noexcept override { ++drops; }
    std::vector<std::error_code> errors;
    int drops = 0;
};

struct Ends final : PeerEndTarget {
    void on_peer_end() override { ++count; }
    int count = 0;
};

class StreamSocketTest : public testing::Test {
  protected:
    void SetUp() override {
        int ends[2];
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
        theirs_ = ends[1];
        ASSERT_FALSE(socket_->adopt(ends[0]));
        socket_->wait_readable(wait_);
        turn();  // the first call may be spurious
        ASSERT_EQ(receive(), "");
        socket_->forget_reader();
        wait_.errors.clear();
    }
    void TearDown() override {
        socket_.reset();
        if (theirs_ >= 0) ::close(theirs_);
    }
    void turn() {
        worker_->context().restart();
        worker_->context().poll();
    }
    void say(std::string_view bytes) { ASSERT_EQ(::send(theirs_, bytes.data(), bytes.size(), 0), ssize_t(bytes.size())); }
    std::string receive() {
        char room[64];
        return std::string(room, socket_->receive(room, error_));
    }
    void fill() {
        const std::string block(4096, 'x');
        while (socket_->send(std::span<const char>(block), error_) > 0) {
        }
        ASSERT_FALSE(error_);
    }
    void empty() {
        char block[4096];
        while (::recv(theirs_, block, sizeof block, 0) > 0) {
        }
    }

    std::optional<Worker> worker_{std::in_place, 0};
    std::optional<StreamSocket> socket_{std::in_place, *worker_};
    Waiting wait_;
    std::error_code error_;
    int theirs_ = -1;
};

TEST_F(StreamSocketTest, WaitsForWhatIsNotThereYet) {
    EXPECT_EQ(receive(), "");
    EXPECT_FALSE(error_);
    EXPECT_FALSE(socket_->may_have_input());
    socket_->wait_readable(wait_);
    turn();
    EXPECT_TRUE(wait_.errors.empty());
    say("one");
    turn();
    ASSERT_EQ(wait_.errors.size(), 1U);
    EXPECT_EQ(receive(), "one");
    EXPECT_FALSE(socket_->may_have_input()) << "less than there was room for";
}

TEST_F(StreamSocketTest, ForgetsNoInputThatCameWhileNobodyWaited) {
    EXPECT_EQ(receive(), "");
    say("early");
    turn();
    socket_->wait_readable(wait_);
    EXPECT_TRUE(wait_.errors.empty()) << "never from inside";
    turn();
    EXPECT_EQ(wait_.errors.size(), 1U);
    EXPECT_EQ(receive(), "early");
}

TEST_F(StreamSocketTest, AnEndThatCameWithTheLastBytesWakesTheReader) {
    Ends ends;
    socket_->set_peer_end_target(&ends);
    socket_->wait_readable(wait_);
    say("last");
    ASSERT_EQ(::shutdown(theirs_, SHUT_WR), 0);
    worker_->context().restart();
    while (wait_.errors.empty() && worker_->context().poll_one() > 0) {
    }
    ASSERT_EQ(receive(), "last");
    socket_->wait_readable(wait_);
    turn();
    EXPECT_EQ(ends.count, 1);
    ASSERT_EQ(wait_.errors.size(), 2U);
    EXPECT_EQ(receive(), "");
    EXPECT_EQ(error_, asio::error::eof);
}

TEST_F(StreamSocketTest, WritesInPiecesAsThePeerReads) {
    fill();
    bool written = false;
    const std::string tail = "tail";
    socket_->async_write_some(asio::buffer(tail), [&](std::error_code error, std::size_t n) {
        EXPECT_FALSE(error);
        EXPECT_EQ(n, 4U);
        written = true;
    });
    turn();
    EXPECT_FALSE(written);
    empty();
    turn();
    EXPECT_TRUE(written);
    iovec pieces[2] = {{const_cast<char*>(tail.data()), 2}, {const_cast<char*>(tail.data()) + 2, 2}};
    empty();
    EXPECT_EQ(socket_->send(std::span<const iovec>(pieces), error_), 4U);
    char room[8];
    EXPECT_EQ(::recv(theirs_, room, sizeof room, 0), 4);
    EXPECT_EQ(std::string_view(room, 4), "tail");
}

TEST_F(StreamSocketTest, ReadsIntoNoRoomEndInTheNextTurn) {
    int calls = 0;
    const auto count = [&](std::error_code error, std::size_t n) { calls += !error && n == 0; };
    socket_->async_read_some(asio::mutable_buffer(), count);
    socket_->async_write_some(asio::const_buffer(), count);
    EXPECT_EQ(calls, 0);
    turn();
    EXPECT_EQ(calls, 2);
}

TEST_F(StreamSocketTest, ClosingEndsWaitsLater) {
    fill();
    Waiting writing;
    socket_->wait_readable(wait_);
    socket_->wait_writable(writing);
    socket_->close();
    EXPECT_TRUE(wait_.errors.empty() && writing.errors.empty());
    turn();
    ASSERT_EQ(wait_.errors.size(), 1U);
    ASSERT_EQ(writing.errors.size(), 1U);
    EXPECT_EQ(wait_.errors[0], asio::error::operation_aborted);
    socket_->wait_readable(wait_);
    turn();
    EXPECT_EQ(wait_.errors.size(), 2U) << "a closed socket keeps nobody waiting";
    EXPECT_EQ(receive(), "");
    EXPECT_EQ(error_, asio::error::bad_descriptor);
}

TEST_F(StreamSocketTest, WaitsAreDroppedWithTheirSocketOrTheirLoop) {
    socket_->wait_readable(wait_);
    socket_.reset();
    EXPECT_EQ(wait_.drops, 1);
    Waiting other;
    socket_.emplace(*worker_);
    socket_->wait_readable(other);
    socket_.reset();
    worker_.reset();
    EXPECT_EQ(other.drops, 1);
    EXPECT_TRUE(wait_.errors.empty() && other.errors.empty());
}

TEST_F(StreamSocketTest, MovesToAnotherLoopWithWhatCameInBetween) {
    Worker other(1);
    EXPECT_EQ(receive(), "");
    socket_->leave();
    say("between");
    ASSERT_FALSE(socket_->join(other));
    socket_->wait_readable(wait_);
    other.context().poll();
    EXPECT_EQ(wait_.errors.size(), 1U);
    EXPECT_EQ(receive(), "between");
    socket_->close();
}

}  // namespace
}  // namespace sabil::proxy::net
