// One client of the MySQL port with its one connection to the server: a coroutine on one worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mysql/wire/command.h"
#include "proxy/mysql_front/answer_relay.h"
#include "proxy/mysql_front/channel.h"
#include "proxy/mysql_front/execute_view.h"
#include "proxy/mysql_front/front_parts.h"
#include "proxy/mysql_front/login.h"
#include "proxy/mysql_front/login_rights.h"
#include "proxy/mysql_front/prepared_statements.h"
#include "proxy/mysql_front/session_state.h"
#include "proxy/mysql_front/stored_result.h"
#include "proxy/net/stream_socket.h"

namespace sabil::proxy::mysql_front {

// Thread-safety: the worker's thread only.
class Session final : public net::PeerEndTarget,
                      private net::SocketWait,
                      public std::enable_shared_from_this<Session> {
  public:
    explicit Session(FrontWorker& worker);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Takes over an accepted descriptor and runs until either side closes.
    void start(int descriptor, bool is_unix);
    // Ends it: every wait under way fails.
    void close() noexcept;
    // Several times a second: limits on login and writing.
    void sweep(SteadyTime now);
    // The backend has closed its side.
    void on_peer_end() override;
    // Takes it to another worker, if the client's next command is waited for and nothing else is under way.
    bool may_move() const noexcept { return next_command_ != nullptr && client_.is_open() && backend_.plain(); }
    void move(FrontWorker& to);
    // Can this result be refilled here, now, without a trace? See Refills.
    bool may_refill(const Refill& refill);
    // Only where it may.
    void refill(std::shared_ptr<RefillJob> job);
    // Ends it where its worker's loop has ended: nothing runs any more.
    void abandon() noexcept;

  private:
    // The coroutines take references, views and plain values only: g++ 12 destroys temporaries of other types in a
    // co_await expression twice.

    // What the hit path decided.
    enum class Served : std::uint8_t { no, yes, large };
    // Where answering from memory stopped.
    enum class Turn : std::uint8_t {
        starved,       // all that came is answered, and sent
        unsent,        // answers wait to be sent
        command,       // one that needs more than memory: command_
        large_answer,  // large_
        large_packet,  // more than is kept is on its way in
        empty_packet,
        moving,        // to moving_to_
        refill,        // nowhere: refill_job_ is to be done
    };
    // How a command's handling ended; `lost` ends the session.
    enum class Step : std::uint8_t { next, lost };
    using Reason = std::string_view;

    // A command that reads, on its way past or into the cache.
    struct Read {
        std::string_view frame;    // as it came, header included
        mysql::Command command = mysql::Command::query;
        AnalysisRef analysis;
        std::string_view text;
        PreparedStatement* prepared = nullptr;  // COM_STMT_EXECUTE
        ExecuteView execute;
        SteadyTime began;
    };

    // session.cc
    Task<void> run();
    Task<bool> open();
    Task<void> tell_unreachable(const std::string& message);
    Task<void> serve();
    Turn answer_hits();
    bool send_hits() noexcept;
    void count_sent_hits() noexcept;
    std::size_t missing_bytes() noexcept;
    Task<Step> flush();
    Task<Step> send_large();
    Task<Step> on_packet(std::string_view frame);
    Task<Step> on_large_packet();
    Task<Step> forward_plain(std::string_view frame, const Analysis* prepared = nullptr);
    Task<Step> forward_empty_packet();
    Task<Step> change_user(std::string_view frame);
    void forget_everything(std::optional<unsigned> collation);
    void say_farewell();

    // session_receiving.cc
    void spawn();
    void arrive();
    Task<std::error_code> receive();
    Task<std::error_code> receive_plain();
    void resume(std::error_code error) override;
    void drop() noexcept override {}
    void go_on(std::error_code error);
    void wait_again();

    // session_statements.cc
    Task<Step> on_query(std::string_view frame);
    Task<Step> on_prepare(std::string_view frame);
    Task<Step> on_execute(std::string_view frame);
    Task<Step> on_bulk_execute(std::string_view frame);
    Task<Step> bind_types(PreparedStatement& statement, std::string_view types);
    bool types_are_remembered() const noexcept;
    bool keeps_definitions() const noexcept;
    bool definitions_are_known(const PreparedStatement& statement) const noexcept;
    void note_definitions(PreparedStatement& statement);
    // held: receives the answer's last bytes instead of the client; nullptr: none.
    Task<Step> forward_statement(const Read& read, AnswerCopy* copy, std::string* held = nullptr);
    Task<bool> send_command(const Read& read);
    Task<Step> finish_write(const std::string& held);
    Task<Step> decide(Read& read);
    void after_answer(const Analysis* analysis);
    void begin_write(const AnalysisRef& analysis);
    void begin_write_of_anything();
    void end_writes() noexcept;
    void count_bypass(const Analysis& analysis, Reason reason);

    // session_reads.cc
    Served try_serve(std::string_view payload);
    Served try_serve_query(std::string_view payload);
    Served try_serve_execute(std::string_view payload);
    Served serve_found(cache::BlobRef result);
    bool may_serve();
    bool is_audited();
    void audit(const Read& read, const AnswerCopy& copy);
    bool may_look_back();
    Reason barrier_reason();
    Task<Step> read_through(Read& read);
    Task<Step> serve_late(const Read& read, cache::BlobRef& result);
    Task<std::optional<invalidation::Floor>> take_floor(const invalidation::Dependencies& dependencies);
    Task<bool> wait_for_leader(std::uint64_t flight, const invalidation::Dependencies& dependencies,
                               FlightGuard& guard);
    Task<FillSlots::SlotRef> take_slot(const Read& read);
    DependencyResult dependencies_of(const Read& read);
    Task<Step> fill(const Read& read, invalidation::Dependencies& dependencies, const RuleVerdict& verdict,
                    const std::string& key, FlightGuard& guard);
    // What is known before the SELECT is sent, and makes the entry what it is.
    struct FillTerms {
        invalidation::Dependencies dependencies;
        std::optional<invalidation::Floor> floor;
        ResultProvenance::Mark statement;  // purges from here on count
        ResultProvenance::Mark tag;
        std::optional<std::chrono::milliseconds> ttl;
        std::optional<std::chrono::milliseconds> stale_if_error;
        std::uint64_t session_version = 0;
        SteadyTime sent;
    };
    Task<Step> forward_or_stand_in(const Read& read, AnswerCopy* copy, const std::string& key);
    FillTerms terms_of(const Read& read, invalidation::Dependencies& dependencies, const RuleVerdict& verdict) const;
    bool keep(const Read& read, FillTerms& terms, const std::string& key, const AnswerCopy& copy);
    std::string_view plain_text(std::string_view payload) const noexcept;

    // session_refill.cc
    Task<Step> run_refill();
    PreparedStatement* prepared_like(const Refill& refill);
    void watch_for_refill(const Read& read, const RuleVerdict& verdict, const std::string& key,
                          const invalidation::Dependencies& dependencies, invalidation::Floor floor);

    // session_found_rows.cc
    Task<Step> on_found_rows(Read& read);
    std::string found_rows_key() const;

    // session_rights.cc
    Task<void> begin_login();
    void look_at_rights(std::uint64_t epoch) noexcept;
    void note_rights_read(const Analysis* analysis, const mysql::SessionStateChanges& changes) noexcept;

    // session_backend.cc
    Task<Step> ask_identity();
    Task<Step> untrack();
    Task<Step> replay_hit();
    Task<Step> close_statement(std::string_view frame);
    Task<Step> release_held_close();
    bool last_hit_executed(std::uint32_t statement) const noexcept;
    Task<Step> replay(const std::string& payload);
    Task<Step> keep_backend_awake(SteadyTime now);
    Task<Step> swallow_query(std::string_view text, AnswerCopy* copy);
    bool wants_identity(const Analysis& analysis) const noexcept;
    bool wants_replay(const Analysis& analysis) const noexcept;
    void forget_hit(const Analysis& analysis) noexcept;
    AnswerRelay::Filter filter(const Analysis* analysis) const noexcept;
    bool backend_is_followed() const;
    void refresh_fingerprint();

    FrontWorker* worker_;
    FrontWorker* moving_to_ = nullptr;
    FrontParts& parts_;
    Channel client_;
    Channel backend_;
    Login login_;
    AnswerRelay relay_;
    SessionState state_;
    LoginRights rights_;
    PreparedStatements prepared_;

    // The hit path.
    std::string key_;                     // reused
    std::string command_;                 // the command in hand, header included: its answer may need more input
    Turn turn_ = Turn::starved;           // after the last read
    net::SocketWait* next_command_ = nullptr;  // the coroutine, while it waits for a command that memory cannot answer
    std::uint32_t unsent_hits_ = 0;       // in out_
    std::string out_;                     // answers from memory, not yet sent
    cache::BlobRef large_;                // an answer sent in place
    FingerprintId fingerprint_ = 0;
    std::uint64_t fingerprint_version_ = 0;
    std::uint64_t rules_version_ = 0;
    std::uint64_t epoch_ = 0;
    std::string last_hit_;                // the command answered from memory last, where the server has not seen it
    std::string held_close_;              // its COM_STMT_CLOSE, kept back while it may have to be run
    bool last_hit_rows_only_ = false;     // of its traces only FOUND_ROWS() is left
    FingerprintId last_hit_fingerprint_ = 0;
    // The SELECT SQL_CALC_FOUND_ROWS that the server ran last, if it is in the cache now and nothing came after it.
    struct CountedRead {
        std::string key;
        FillTerms terms;
    };
    std::optional<CountedRead> counted_;
    SteadyTime batch_began_{};            // when the commands in the buffer were read

    // The backend.
    std::string backend_identity_;
    SteadyTime connected_{};
    SteadyTime backend_used_{};
    SteadyTime followed_checked_{};
    ResultCache::Proven audited_;          // what memory had for this command, which the server is asked all the same
    bool looked_up_ = false;               // this command has been looked for in the cache ...
    bool reported_changes_ = false;        // the last answer reported changes that matter
    bool found_stale_ = false;             // ... and its entry could not be served
    std::optional<bool> died_read_;        // ... as a change has made it stale: was it read before?
    struct OpenWrite {
        AnalysisRef analysis;
        std::string schema;
    };
    std::vector<OpenWrite> open_writes_;   // told to coherence, not yet ended
    std::shared_ptr<RefillJob> refill_job_;
    bool idle_ = false;                    // waiting for the client's next command
    bool backend_left_ = false;            // it closed while a command was under way
    bool logged_in_ = false;
    SteadyTime started_{};
    SteadyTime connecting_since_{};        // the default value: not connecting

    static constexpr std::size_t inspected_bytes_max = invalidation::sql::max_statement_bytes + 64;
    static constexpr std::size_t out_bytes_max = 64 * 1024;     // gathered before sending
    static constexpr std::size_t copied_bytes_max = 32 * 1024;  // larger results are sent in place
    static constexpr std::chrono::seconds buffers_kept{1};  // by a session at rest
    static constexpr std::chrono::milliseconds rights_wait_limit{300};  // for a login
    static constexpr std::chrono::milliseconds rights_wait_step{10};
    static constexpr int reads_per_turn_max = 16;           // then other sessions have their turn
    static constexpr std::size_t open_writes_count_max = 64;    // of one transaction
};

}  // namespace sabil::proxy::mysql_front
