// Compact encodings that Redis wrote before listpacks, and its integer sets. Read only, save for integer sets.
// Everything is checked: these bytes may come from anywhere.
//   ziplist: u32 bytes | u32 offset of the last | u16 elements | elements | 0xff
//     element: size of the one before (1 byte, or 254 and u32) | encoding | data
//   zipmap: u8 pairs | (size, key, size, u8 spare, value, spare bytes)... | 0xff; a size is 1 byte, or 254 and u32
//   intset: u32 width 2, 4, 8 | u32 count | integers in order, little-endian
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/function_ref.h"
#include "cache/types/element.h"

namespace sabil::cache {

// Each visits the elements in order (a zipmap: key, value, ...); false where the bytes are damaged. visit: false stops,
// and counts as damage. Thread-safety: pure.
using ElementVisitor = FunctionRef<bool(ElementView element)>;
bool read_ziplist(std::string_view bytes, ElementVisitor visit);
bool read_zipmap(std::string_view bytes, ElementVisitor visit);
bool read_intset(std::string_view bytes, ElementVisitor visit);

}  // namespace sabil::cache
