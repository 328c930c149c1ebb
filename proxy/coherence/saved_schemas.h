// The schemas as they agree with A, for the process after this one: what it reads of the log from A on it must read with
// the columns of that time, and with the foreign keys that carry changes on.
//
//   u32 count: { text name, u8 complete, u32 tables: { text schema, text name, u8 kind, u16 columns: { text name, text
//   type, text collation, u8 unsigned | generated << 1, u8 class } }, u32 foreign keys: { text name, child and parent:
//   { text schema, text table }, u16 parent columns: { text }, u8 on delete | on update << 1 } }
//   text: u32 length and bytes; integers little-endian
#pragma once

#include <vector>

#include "cache/base/bytes.h"
#include "invalidation/schema/catalog.h"

namespace sabil::proxy::coherence {

// Views are left out, and their schemas said to be incomplete: they are read again when they are asked for.
std::vector<invalidation::SchemaDefinition> schemas_to_save(const invalidation::CatalogSnapshot& catalog);

void write_schemas(ByteWriter& out, const std::vector<invalidation::SchemaDefinition>& schemas);
// What it gives is of use only where the reader is ok() afterwards.
std::vector<invalidation::SchemaDefinition> read_schemas(ByteReader& in);

}  // namespace sabil::proxy::coherence
