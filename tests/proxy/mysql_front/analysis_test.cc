#include "proxy/mysql_front/analysis.h"

#include <gtest/gtest.h>

namespace sabil::proxy::mysql_front {
namespace {

Analysis analyzed(std::string_view text) { return make_analysis(text, {}); }

TEST(Analysis, CountingRowsIsNoObstacleOfItsOwn) {
    EXPECT_TRUE(analyzed("SELECT SQL_CALC_FOUND_ROWS id FROM t LIMIT 1").counts_rows);
    EXPECT_TRUE(analyzed("SELECT SQL_CALC_FOUND_ROWS id FROM t LIMIT 1").statement.cacheable());
    EXPECT_FALSE(analyzed("SELECT SQL_CALC_FOUND_ROWS id, NOW() FROM t").counts_rows);
    EXPECT_FALSE(analyzed("SELECT SQL_CALC_FOUND_ROWS id, NOW() FROM t").statement.cacheable());
    EXPECT_FALSE(analyzed("SELECT id FROM t").counts_rows);
}

TEST(Analysis, TheQuestionForTheCountIsThatAndNothingElse) {
    for (const auto* text : {"SELECT FOUND_ROWS()", "select found_rows();", "  SELECT\n FOUND_ROWS ( ) ", "/* page */ SELECT FOUND_ROWS()"}) {
        EXPECT_TRUE(analyzed(text).asks_found_rows) << text;
    }
    for (const auto* text : {"SELECT FOUND_ROWS() AS n", "SELECT FOUND_ROWS(), ROW_COUNT()", "SELECTFOUND_ROWS()", "SELECT FOUND_ ROWS()",
                             "SEL ECT FOUND_ROWS()", "SELECT FOUND_ROWS", "SELECT 'FOUND_ROWS()'", "SELECT FOUND_ROWS(); SELECT 1",
                             "SELECT /*! SQL_NO_CACHE */ FOUND_ROWS()"}) {
        EXPECT_FALSE(analyzed(text).asks_found_rows) << text;
    }
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
