// Puts the rows of one event into a footprint: a hash of both images for each signature of the table.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "invalidation/ledger.h"
#include "invalidation/schema/catalog.h"
#include "invalidation/tailer/footprint.h"
#include "mysql/binlog/rows_event.h"

namespace sabil::invalidation {

// Does the catalog's table look as the event's does? Where it does not, positions mean nothing.
bool same_layout(const TableDefinition& definition, const mysql::binlog::TableMap& map) noexcept;

// signatures: the table's, as the group saw them; null: none. definition: null where the catalog has none. Returns
// false where the layout differs: the whole table was touched, and the catalog's table should be dropped.
bool touch_rows(Footprint& footprint, const Ledger& ledger, const CatalogSnapshot& catalog,
                const mysql::binlog::RowsEvent& event, const std::vector<Signature>* signatures,
                const TableDefinition* definition);

}  // namespace sabil::invalidation
