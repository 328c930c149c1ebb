// The servers that the live tests talk to: SABIL_TEST_MARIADB and SABIL_TEST_MYSQL (host:port of the account `sabil`,
// password `secret`), and the same names with _SOCKET for `root` without a password.
#pragma once

#include <asio/io_context.hpp>
#include <string>

#include "mysql/client/connection.h"

namespace sabil::mysql::live {

struct Server {
    std::string name;  // "mariadb", "mysql"
    Endpoint tcp;
    std::string socket;

    bool mariadb() const { return name == "mariadb"; }
    ConnectOptions sabil() const;  // over TCP
    ConnectOptions root() const;   // over the socket
};

// Ends the program with a failure where the variables are not there.
const Server& mariadb();
const Server& mysql();

// Runs the loop until `done` or for 20 s; false where time ran out.
bool run_until(asio::io_context& io, const bool& done);

// Root's connection with a plain call for each statement. Fails the test on an error.
class Root {
  public:
    explicit Root(const Server& server);
    QueryResult sql(const std::string& text);
    Result<QueryResult> try_sql(const std::string& text);

  private:
    asio::io_context io_;
    Connection connection_;
};

}  // namespace sabil::mysql::live
