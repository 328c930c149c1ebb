#include <gtest/gtest.h>

#include <array>

#include "invalidation/sql/statement.h"
#include "tests/invalidation/sql/show.h"

namespace sabil::invalidation::sql {
namespace {

using Kind = Assignment::Kind;

std::string show(const Assignment& item) {
    static constexpr std::array<std::string_view, 8> kinds = {
        "session", "global", "user", "names", "charset", "transaction", "session_transaction", "global_transaction"};
    std::string out = std::string(kinds.at(static_cast<std::size_t>(item.kind))) + " " + item.name + "=" + item.value;
    if (item.literal) out += " " + show(Operand(*item.literal));
    if (!item.collation.empty()) out += " collate " + item.collation;
    return out;
}

struct SetCase {
    std::string_view sql;
    std::string_view items;  // one a line
};

constexpr auto set_cases = std::to_array<SetCase>({
    {"SET sql_mode = 'ANSI'", "session sql_mode='ANSI' 'ANSI'\n"},
    {"SET SQL_MODE = ANSI_QUOTES", "session sql_mode=ANSI_QUOTES 'ANSI_QUOTES'\n"},
    {"SET SESSION time_zone := '+00:00'", "session time_zone='+00:00' '+00:00'\n"},
    {"SET LOCAL a = 1", "session a=1 1\n"},
    {"SET @@a = 1", "session a=1 1\n"},
    {"SET @@session.a = 1", "session a=1 1\n"},
    {"SET @@local.a = -1", "session a=-1 -1\n"},
    {"SET @@global.a = 1.5", "global a=1.5 1.5\n"},
    {"SET GLOBAL a = ON, b = OFF", "global a=ON 'ON'\nsession b=OFF 'OFF'\n"},
    {"SET PERSIST a = 1", "global a=1 1\n"},
    {"SET PERSIST_ONLY a = 1", "global a=1 1\n"},
    {"SET autocommit=0", "session autocommit=0 0\n"},
    {"SET AUTOCOMMIT = ON", "session autocommit=ON 'ON'\n"},
    {"SET autocommit = TRUE", "session autocommit=TRUE TRUE\n"},
    {"SET a = DEFAULT", "session a=DEFAULT\n"},
    {"SET a = NULL", "session a=NULL NULL\n"},
    {"SET @x = 1, @`y z` := 'v'", "user x=1 1\nuser y z='v' 'v'\n"},
    {"SET @X = (SELECT MAX(id) FROM t)", "user x=(SELECT MAX(id) FROM t)\n"},
    {"SET sql_mode = CONCAT(@@sql_mode, ',ANSI')", "session sql_mode=CONCAT(@@sql_mode, ',ANSI')\n"},
    {"SET a = @old", "session a=@old\n"},
    {"SET NAMES utf8mb4", "names =utf8mb4 'utf8mb4'\n"},
    {"SET NAMES 'utf8mb4' COLLATE 'utf8mb4_bin'", "names ='utf8mb4' 'utf8mb4' collate utf8mb4_bin\n"},
    {"SET NAMES DEFAULT", "names =DEFAULT\n"},
    {"SET NAMES binary", "names =binary 'binary'\n"},
    {"SET CHARACTER SET utf8", "charset =utf8 'utf8'\n"},
    {"SET CHARSET 'latin1'", "charset ='latin1' 'latin1'\n"},
    {"SET NAMES utf8mb4, sql_mode = ''", "names =utf8mb4 'utf8mb4'\nsession sql_mode='' ''\n"},
    {"SET sql_mode = '', NAMES latin1", "session sql_mode='' ''\nnames =latin1 'latin1'\n"},
    {"SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "transaction isolation_level=READ COMMITTED\n"},
    {"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
     "session_transaction isolation_level=REPEATABLE READ\nsession_transaction access_mode=READ ONLY\n"},
    {"SET GLOBAL TRANSACTION READ WRITE", "global_transaction access_mode=READ WRITE\n"},
    {"SET LOCAL TRANSACTION ISOLATION LEVEL SERIALIZABLE", "session_transaction isolation_level=SERIALIZABLE\n"},
    {"SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED", "transaction isolation_level=READ UNCOMMITTED\n"},
    {"SET names = 1", "session names=1 1\n"},
    {"SET @@session.names = 1", "session names=1 1\n"},
    {"SET transaction = 1", "session transaction=1 1\n"},
    {"SET component.option = 1", "session component.option=1 1\n"},
    {"SET x = 'a' 'b'", "session x='a' 'b' 'ab'\n"},
    {"/* c */ SET x = 0x41;", "session x=0x41 x'A'\n"},
});

TEST(Setting, Items) {
    for (const SetCase& row : set_cases) {
        const Statement statement = analyze(row.sql, {});
        EXPECT_EQ(static_cast<int>(statement.kind), static_cast<int>(StatementKind::set)) << row.sql;
        std::string items;
        for (const Assignment& item : statement.assignments) items += show(item) + "\n";
        EXPECT_EQ(items, row.items) << row.sql;
        EXPECT_TRUE(statement.writes_known) << row.sql;
    }
}

TEST(Setting, WhatIsNotUnderstoodIsOther) {
    for (const std::string_view sql : {"SET", "SET x", "SET x =", "SET = 1", "SET x = 1 2", "SET TRANSACTION x",
                                       "SET NAMES", "SET NAMES utf8 COLLATE", "SET @ = 1", "SET x = 1,"}) {
        const Statement statement = analyze(sql, {});
        EXPECT_EQ(static_cast<int>(statement.kind), static_cast<int>(StatementKind::other)) << sql;
        EXPECT_FALSE(statement.writes_known) << sql;
    }
}

TEST(Setting, AFunctionMayWrite) {
    EXPECT_FALSE(analyze("SET @x = f()", {}).writes_known);
}

}  // namespace
}  // namespace sabil::invalidation::sql
