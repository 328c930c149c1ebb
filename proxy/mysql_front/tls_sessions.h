// TLS sessions that the database has given, offered again: a connection that resumes one needs neither certificate nor
// signature, which is most of what a handshake costs. One that the server no longer knows is simply a full handshake.
//
// Thread-safety: any thread.
#pragma once

#include <asio/ssl/context.hpp>

namespace sabil::proxy::mysql_front {

// Keeps the newest session of this context's connections, all to one server under one name. Once, before any connection.
void keep_tls_sessions(asio::ssl::context& context);

// Before the handshake of a connection of such a context: offers the session kept, if there is one.
void offer_tls_session(SSL* connection);

}  // namespace sabil::proxy::mysql_front
