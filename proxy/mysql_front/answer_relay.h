// The server's answer to one command on its way to the client: forwarded as it comes, at most one buffer at a time;
// reports of session changes that only the port asked for taken out; copied where it may be kept; or swallowed, where the
// port itself had asked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "mysql/wire/capabilities.h"
#include "mysql/wire/command.h"
#include "mysql/wire/response_tracker.h"
#include "proxy/mysql_front/channel.h"
#include "proxy/mysql_front/session_identity.h"

namespace sabil::proxy::mysql_front {

// A copy of an answer, up to a limit. Thread-safety: one thread.
class AnswerCopy {
  public:
    explicit AnswerCopy(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}
    void append(std::string_view bytes) {
        if (too_big_) return;
        if (bytes.size() > limit_bytes_ - bytes_.size()) {
            too_big_ = true;
            std::string().swap(bytes_);
        } else {
            bytes_.append(bytes);
        }
    }
    bool too_big() const noexcept { return too_big_; }
    const std::string& bytes() const noexcept { return bytes_; }

  private:
    std::size_t limit_bytes_;
    std::string bytes_;
    bool too_big_ = false;
};

// Thread-safety: its worker's thread.
class AnswerRelay {
  public:
    // Both must outlive it.
    AnswerRelay(Channel& client, Channel& backend) : client_(client), backend_(backend) {}

    enum class Outcome : std::uint8_t {
        done,
        client_turn,   // an authentication waits for the client
        endless,       // a binlog stream, or an answer whose end cannot be known: pass everything on from here
        client_lost,
        backend_lost,  // or it broke the protocol
    };
    struct Filter {
        bool active = false;         // take out reports of session changes ...
        bool client_tracks = false;  // ... all of them, or
        const TrackingSettings* settings = nullptr;  // ... those not in here
        bool always_marked = false;  // see append_filtered_ok()
        bool keeps_eof_mark = false; // an EOF's flag is not of the port's making
    };
    // capabilities: those negotiated with the server. copy, held: may be nullptr. held: receives the answer's last
    // bytes instead of the client, for the caller to send.
    Task<Outcome> forward(mysql::Command command, mysql::Capabilities capabilities, Filter filter, AnswerCopy* copy,
                          std::string* held);
    // The answer goes nowhere but to `copy`, which may be nullptr.
    Task<Outcome> swallow(mysql::Command command, mysql::Capabilities capabilities, AnswerCopy* copy);
    // What forward() would send to the client goes nowhere but to `copy`.
    Task<Outcome> collect(mysql::Command command, mysql::Capabilities capabilities, Filter filter, AnswerCopy& copy);
    const mysql::ResponseSummary& summary() const noexcept { return tracker_.summary(); }
    // Did some byte of the last answer reach the client?
    bool forwarded_anything() const noexcept { return forwarded_anything_; }

    // Bytes both ways until one side closes; for streams that never end.
    Task<void> pump(const std::shared_ptr<void>& keep_alive);
    // Frames of one packet from the client to the server as they come: for packets too large to be kept.
    Task<Outcome> forward_packet();

  private:
    struct Step {
        std::string_view bytes;   // to the client: views the backend's input, or rewritten_
        std::size_t consumed = 0; // of the backend's input
        bool broken = false;
    };
    Step next_step(Filter filter);
    Step next_filtered_step(Filter filter);
    bool consume(std::string_view bytes, std::size_t& taken);
    bool rewrite(std::string_view frame, Filter filter);
    Task<Outcome> forward_file();

    Channel& client_;
    Channel& backend_;
    mysql::ResponseTracker tracker_;
    std::string rewritten_;
    std::uint64_t frame_owed_ = 0;  // bytes of a frame that is forwarded in parts
    bool frame_continues_ = false;  // the frame before was full: this one goes on with its packet
    bool forwarded_anything_ = false;
};

}  // namespace sabil::proxy::mysql_front
