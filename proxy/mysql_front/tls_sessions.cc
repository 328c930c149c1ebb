#include "proxy/mysql_front/tls_sessions.h"

#include <openssl/ssl.h>

#include <memory>
#include <mutex>

namespace sabil::proxy::mysql_front {
namespace {

struct Deleter {
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, Deleter>;

class KeptSession {
  public:
    void keep(Session session) {
        std::lock_guard lock(mutex_);
        newest_.swap(session);
    }

    // A copy: a connection changes the session that it goes on with.
    Session copy() const {
        std::lock_guard lock(mutex_);
        return Session(newest_ ? SSL_SESSION_dup(newest_.get()) : nullptr);
    }

  private:
    mutable std::mutex mutex_;
    Session newest_;
};

void free_kept(void*, void* kept, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<KeptSession*>(kept); }

int kept_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_kept);
    return index;
}

KeptSession* kept_of(SSL* connection) {
    return static_cast<KeptSession*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), kept_index()));
}

int on_new_session(SSL* connection, SSL_SESSION* session) {
    // A copy: a connection that is cut off without goodbye marks its own as one not to be resumed.
    if (auto* kept = kept_of(connection)) kept->keep(Session(SSL_SESSION_dup(session)));
    constexpr int not_taken_over = 0;
    return not_taken_over;
}

}  // namespace

void keep_tls_sessions(asio::ssl::context& context) {
    auto kept = std::make_unique<KeptSession>();
    if (SSL_CTX_set_ex_data(context.native_handle(), kept_index(), kept.get()) != 1) return;
    (void)kept.release();  // free_kept() has it now
    SSL_CTX_set_session_cache_mode(context.native_handle(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(context.native_handle(), on_new_session);
}

void offer_tls_session(SSL* connection) {
    const auto* kept = kept_of(connection);
    if (kept == nullptr) return;
    if (const auto session = kept->copy()) SSL_set_session(connection, session.get());
}

}  // namespace sabil::proxy::mysql_front
