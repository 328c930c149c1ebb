// What a session is, as data: enough to know its cache key, whether it may be served from memory at this moment, and to
// set it up again on another backend connection. Pure: it is told what was sent and what was answered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/clock.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/session_state.h"
#include "mysql/wire/status_flags.h"
#include "proxy/mysql_front/analysis.h"
#include "proxy/mysql_front/bypass.h"
#include "proxy/mysql_front/options.h"
#include "proxy/mysql_front/session_identity.h"

namespace sabil::proxy::mysql_front {

// What the server answered to one command, as far as the session's state goes.
struct AnswerFacts {
    bool failed = false;
    mysql::StatusFlags status = 0;           // of the last OK or EOF; not meaningful where has_status is false
    bool has_status = false;
    std::uint64_t affected_rows = 0;
    const mysql::SessionStateChanges* changes = nullptr;  // nullptr: none
    bool reports_unseen = false;             // it ended in a way that does not tell which changes there were
};

// Thread-safety: one thread, the session's worker.
class SessionState {
  public:
    SessionState(Transactions transactions, std::chrono::milliseconds max_staleness)
        : transactions_(transactions), max_staleness_(max_staleness) {}

    // -- the connection
    // collation: what the client asked for at its login.
    void logged_in(mysql::Capabilities client, mysql::Capabilities server, ServerKind kind, unsigned collation);
    ServerKind server() const noexcept { return server_; }
    mysql::Capabilities client_capabilities() const noexcept { return client_; }
    bool client_tracks() const noexcept { return mysql::has(client_, mysql::capability::session_track); }
    bool server_tracks() const noexcept { return mysql::has(backend_, mysql::capability::session_track); }

    // -- identity
    bool identified() const noexcept { return identified_; }
    bool identity_failed() const noexcept { return identity_failed_; }
    void identify(SessionIdentity identity, bool server_is_followed);
    void identity_failed(Bypass why);
    // Does the server report the GTID of every write that it logs?
    void set_gtids_reported(bool reported) noexcept { gtids_reported_ = reported; }
    // Is the backend the server whose changes are followed? May change while the session lasts.
    void set_followed(bool followed) noexcept;
    // To be asked again: another account or role. Pins stay.
    void forget_identity() noexcept;
    // Something that is not told here has changed the key.
    void key_changed() noexcept { ++version_; }
    // COM_CHANGE_USER, COM_RESET_CONNECTION: everything that a statement could have set is gone. collation: what came with
    // the command; nothing: the server's default.
    void reset(std::optional<unsigned> collation);
    const SessionIdentity& identity() const noexcept { return identity_; }
    // The server reports all changes, and OK packets are to be filtered.
    bool tracking_injected() const noexcept { return tracking_injected_; }
    void tracking_removed() noexcept;

    // -- what happens
    void set_status(mysql::StatusFlags status) noexcept;
    mysql::StatusFlags status() const noexcept { return status_; }
    // The answer to a statement that was forwarded; nullptr: a command that is no statement.
    void answered(const Analysis* analysis, const AnswerFacts& facts, SteadyTime now);
    void pin(Bypass why) noexcept;

    // -- what follows
    // Why this session may not be served now, but for its last write; none: it may.
    Bypass bypass() const noexcept { return bypass_; }
    bool in_transaction() const noexcept { return (status_ & mysql::status::in_transaction) != 0; }
    bool autocommit() const noexcept { return (status_ & mysql::status::autocommit) != 0; }
    // The session's last write: served from memory again once this GTID is applied, or from this time on.
    const std::string& barrier_gtid() const noexcept { return barrier_gtid_; }
    SteadyTime barrier_time() const noexcept { return barrier_time_; }
    bool has_barrier() const noexcept { return has_barrier_; }
    void clear_barrier() noexcept;
    // The bytes that stand for the session in the cache key; version() changes whenever they may have.
    std::string fingerprint(std::uint64_t rules_version) const;
    std::uint64_t version() const noexcept { return version_; }
    invalidation::sql::ParseMode parse_mode() const;

    static constexpr std::size_t character_sets_bytes_max = 512;  // of single settings; more pin the session
    static constexpr std::size_t variable_bytes_max = 4096;  // a longer value pins the session

  private:
    void apply(const mysql::SessionStateChanges& changes);
    void apply_character_sets(const Analysis* analysis, const AnswerFacts& facts);
    void apply_assignment(const invalidation::sql::Assignment& assignment);
    void apply_variable(const std::string& name, const std::string& value);
    void apply_statement(const Analysis& analysis, const AnswerFacts& facts, bool state_changed);
    void apply_xa(const invalidation::sql::Statement& statement, const AnswerFacts& facts);
    void apply_write(const Analysis* analysis, const AnswerFacts& facts, SteadyTime now);
    void refresh() noexcept;
    Bypass judge() const noexcept;
    Bypass judge_transaction() const noexcept;
    std::string_view isolation() const noexcept;

    Transactions transactions_;
    std::chrono::milliseconds max_staleness_;
    mysql::Capabilities client_ = 0;
    mysql::Capabilities backend_ = 0;
    ServerKind server_;
    SessionIdentity identity_;
    // How the character sets came to be what they are. Variables do not tell: results are labelled with a collation that no
    // variable shows, and SET NAMES changes collation_connection without a report.
    std::string character_sets_;
    bool identified_ = false;
    bool identity_failed_ = false;
    bool tracking_injected_ = false;
    mysql::StatusFlags status_ = mysql::status::autocommit;
    std::uint32_t pins_ = 0;               // one bit per Bypass
    bool one_transaction_setting_ = false; // SET TRANSACTION without SESSION: holds until the next transaction ends
    bool transaction_wrote_ = false;
    bool gtids_reported_ = false;
    bool has_barrier_ = false;
    std::string barrier_gtid_;
    SteadyTime barrier_time_{};
    Bypass bypass_ = Bypass::identity_unknown;
    std::uint64_t version_ = 0;
};

}  // namespace sabil::proxy::mysql_front
