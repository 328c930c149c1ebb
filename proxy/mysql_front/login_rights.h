// What a session may read is what the server found at its login, for rights on everything, and at its last USE, for
// those on the current schema; a GRANT or REVOKE since does not reach it there. So once accounts were changed, results
// that such a session reads must not be another's, nor another's be given to it: they are kept for it alone.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "proxy/coherence/coherence.h"
#include "proxy/mysql_front/fingerprint.h"

namespace sabil::proxy::mysql_front {

// Thread-safety: one thread, the session's worker.
class LoginRights {
  public:
    // Before the login, or COM_CHANGE_USER, is sent to the server.
    void login_begins(invalidation::Floor floor) noexcept;
    // In each epoch, before a result is looked for or stored. True where what the session shares has changed.
    bool look(const Coherence& coherence, std::uint64_t epoch) noexcept;
    // Are they those that a login gives now?
    bool are_current() const noexcept { return current_; }
    // The server has read some of them anew: USE, SET ROLE.
    void reread() noexcept { own_.clear(); }
    // In place of Fingerprints::intern() where they are not current: an id that nobody else gets.
    FingerprintId own_fingerprint(Fingerprints& fingerprints, std::string bytes);

    static constexpr std::size_t own_count_max = 8;  // states of the session whose ids are remembered

  private:
    invalidation::Floor login_;
    std::uint64_t epoch_ = 0;  // of the last look
    bool current_ = true;
    std::vector<std::pair<std::string, FingerprintId>> own_;
};

}  // namespace sabil::proxy::mysql_front
