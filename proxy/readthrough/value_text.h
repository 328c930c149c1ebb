// A value as one text that is the same for equal values, whatever order their parts are kept in.
#pragma once

#include <string>

#include "cache/store/database.h"
#include "cache/store/value.h"

namespace sabil::proxy::readthrough {

std::string value_text(const cache::Value& value);
// Of an entry of a lookup.
cache::Value copy_of(const cache::Entry& entry);

}  // namespace sabil::proxy::readthrough
