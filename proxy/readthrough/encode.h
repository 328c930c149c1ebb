// A result of MySQL as a Redis value.
#pragma once

#include "cache/base/result.h"
#include "cache/store/value.h"
#include "mysql/client/rows.h"
#include "proxy/readthrough/lookup.h"

namespace sabil::proxy::readthrough {

// The value; of type `absent` where the result holds none: no row, a NULL where one value is wanted, no element that is
// not NULL. Errors: invalid where the columns do not fit the encoding (zset without a second column, or a score that is
// no number). Thread-safety: pure.
Result<cache::Value> encode(Encoding as, const mysql::Rows& rows, const cache::EncodingLimits& limits);

// May columns of these names and this number be encoded so? For the check at start. Errors: invalid, naming the fix.
Result<void> check_columns(Encoding as, const std::vector<mysql::RowsColumn>& columns);

}  // namespace sabil::proxy::readthrough
