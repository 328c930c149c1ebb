// One client's socket and buffers: reads, has commands run, sends. The only file of the RESP face that touches sockets.
#pragma once

#include "proxy/net/socket_watch.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/dispatcher.h"
#include "proxy/resp/output_buffer.h"
#include "proxy/resp/read_buffer.h"
#include "proxy/resp/request_parser.h"

#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

class WorkerFace;  // worker_face.h: this worker's connections

// Thread-safety: its worker's thread.
class Connection final : public net::ReadinessTarget {
  public:
    static constexpr std::size_t commands_per_batch = 64;   // parsed ahead, so that their keys can be prefetched
    static constexpr std::size_t batches_per_turn = 64;     // then other connections have their turn

    Connection(WorkerFace& face, int descriptor, std::shared_ptr<ClientState> client);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void on_readable() override;
    void on_writable() override;

    // True where nothing but its socket knows of it, so that another worker may serve it from here on.
    bool may_move() const noexcept;
    // Stops all on this worker; then join() on the other one's thread, and nothing else between.
    void leave() noexcept { watch_.close(); }
    void join(WorkerFace& face);
    // In the middle of another connection's script that runs too long: answers what must be answered then.
    void serve_during_script(Dispatcher& dispatcher);

    // A message from elsewhere (pub/sub, tracking, MONITOR).
    void push(std::string_view bytes);
    // The same, from the command that runs for this very client: it follows that command's reply.
    void push_after_reply(std::string_view bytes) { pushes_ += bytes; }
    // The one whose commands run on this thread; null outside process().
    static Connection* served() noexcept;
    // Whoever served this waiter wrote its reply.
    void unblocked(const std::shared_ptr<Waiter>& waiter, std::string_view reply);
    // CLIENT UNBLOCK; false where the client is not blocked (any more).
    bool unblock_by_command(bool with_error);
    // Sends what is pending, then closes, in this turn or the next.
    void close_soon();
    void close();
    void flush();
    // Runs what the read buffer holds, then sends all replies at once.
    void process();
    // Goes on with what is in the read buffer or the socket, after others had their turn.
    void go_on();
    // What the client's replies told of is on disk (appendfsync always): they may be sent.
    void released();
    bool is_open() const noexcept { return descriptor_ >= 0; }

    ClientState& client() noexcept { return *client_; }
    // Closes clients that are idle too long or over an output limit's soft part; called about once a second.
    void check_limits(std::chrono::steady_clock::time_point now);

  private:
    enum class Mode : std::uint8_t { running, waiting, filling, paused };
    struct Item {
        Request request;
        std::size_t args_at = 0;
        std::size_t args_count = 0;
        std::size_t bytes = 0;  // of the request in the read buffer
    };

    void read_some();
    enum class Batch : std::uint8_t { more, done, stopped };
    Batch process_batch();
    std::size_t parse_batch(RequestParser::Status& last, std::size_t& consumed);
    void prefetch(std::size_t count);
    bool run_item(const Item& item, std::size_t& consumed);
    void after_run(const Request& request, std::size_t reply_at);
    void protocol_error();

    void wait_for_keys();
    void wait_for_fills();
    void wait_for_pause();
    void resume();
    void timed_out();

    std::size_t sendable_bytes();
    bool over_hard_limit() const;
    ClientClass output_class() const noexcept;
    bool peer_gone() const;
    void watch();
    void publish_sizes();
    void count_memory();
    void call_again();

    WorkerFace* face_;
    Dispatcher* dispatcher_;
    int descriptor_;
    std::shared_ptr<ClientState> client_;
    Session session_;
    ReadBuffer input_;
    OutputBuffer output_;
    Reply reply_;
    RequestParser parser_;
    std::vector<std::string_view> args_;  // of the batch
    std::vector<Item> items_;
    Mode mode_ = Mode::running;
    net::SocketWatch watch_;
    unsigned turns_posted_ = 0;   // calls of go_on() under way
    std::size_t counted_bytes_ = 0;  // of ClientMemory
    bool unread_ = false;         // the socket may hold more: no edge will tell
    // Of the output's head, where replies wait for the log.
    std::size_t released_bytes_ = 0;
    std::size_t awaited_bytes_ = 0;
    bool awaits_log_ = false;
    std::string pushes_;  // for after the reply of the command that runs
    bool in_process_ = false;
    bool input_pending_ = false;  // whole commands wait in the read buffer for the next turn
    std::shared_ptr<Waiter> waiter_;
    std::shared_ptr<FillRound> round_;
    std::unique_ptr<asio::steady_timer> timer_;
    std::uint64_t timer_use_ = 0;  // tells a timer's late call from the current one
    std::chrono::steady_clock::time_point soft_limit_since_{};
};

}  // namespace sabil::proxy::resp
