// Turns a result of MySQL Connector/C++ into Rows. Internal to the pool.
#pragma once

#include <cstddef>
#include <stdexcept>

#include "mysql/client/rows.h"

namespace sql {
class ResultSet;
}

namespace sabil::mysql {

class ResultTooLarge : public std::runtime_error {
    using runtime_error::runtime_error;
};

// Throws what the library throws, and ResultTooLarge once the cells take over bytes_max.
void read_rows(sql::ResultSet& result, std::size_t bytes_max, Rows& rows);

}  // namespace sabil::mysql
