// Prints what a program on MySQL Connector/C++ sees, text and prepared statements: run straight and through Sabil, the two
// must be the same.
#include <cppconn/connection.h>
#include <cppconn/driver.h>
#include <cppconn/exception.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>

#include <iostream>
#include <memory>
#include <string>

namespace {

void print(sql::ResultSet& rows) {
    auto* columns = rows.getMetaData();
    for (unsigned i = 1; i <= columns->getColumnCount(); ++i) {
        std::cout << columns->getColumnLabel(i) << ':' << columns->getColumnTypeName(i) << ' ';
    }
    std::cout << '\n';
    while (rows.next()) {
        for (unsigned i = 1; i <= columns->getColumnCount(); ++i) {
            std::cout << (rows.isNull(i) ? std::string("NULL") : std::string(rows.getString(i))) << '|';
        }
        std::cout << '\n';
    }
}

void run(sql::Connection& connection) {
    std::unique_ptr<sql::Statement> statement(connection.createStatement());
    std::unique_ptr<sql::PreparedStatement> prepared(
        connection.prepareStatement("SELECT id, name, amount, at, f FROM kinds WHERE id = ? OR name = ?"));
    for (int turn = 0; turn < 4; ++turn) {
        std::unique_ptr<sql::ResultSet> all(statement->executeQuery("SELECT id, name, amount, big, note FROM kinds ORDER BY id"));
        print(*all);
        prepared->setInt(1, turn % 2 + 1);
        prepared->setString(2, "zwei");
        std::unique_ptr<sql::ResultSet> some(prepared->executeQuery());
        print(*some);
        std::cout << statement->executeUpdate("UPDATE kinds SET amount = amount + 1 WHERE id = 2") << '\n';
        std::unique_ptr<sql::ResultSet> after(statement->executeQuery("SELECT amount FROM kinds WHERE id = 2"));
        print(*after);
        statement->executeUpdate("UPDATE kinds SET amount = 2 WHERE id = 2");
    }
    connection.setAutoCommit(false);
    statement->executeUpdate("DELETE FROM kinds WHERE id = 3");
    connection.rollback();
    std::unique_ptr<sql::ResultSet> count(statement->executeQuery("SELECT COUNT(*) FROM kinds"));
    print(*count);
    connection.commit();
    try {
        statement->execute("SELECT nothing FROM kinds");
    } catch (const sql::SQLException& error) {
        std::cout << error.getErrorCode() << ' ' << error.getSQLState() << ' ' << error.what() << '\n';
    }
}

}  // namespace

int main(int, char** arguments) {
    std::unique_ptr<sql::Connection> connection(
        get_driver_instance()->connect(std::string("tcp://127.0.0.1:") + arguments[1], "drivers", "pw"));
    connection->setSchema("drivers");
    run(*connection);
}
