#include "cache/store/filled_scan.h"

#include "cache/store/slice.h"

namespace sabil::cache {

void for_each_filled(Keyspace& keyspace, FunctionRef<void(unsigned database, const Entry&)> visit) {
    for (unsigned i = 0; i < keyspace.slices_count(); ++i) {
        for (unsigned database = 0; database <= keyspace.internal_database(); ++database) {
            const auto* table = keyspace.slice(i).table_if(database);
            if (table == nullptr || table->filled_keys.get() == 0) continue;
            table->index.for_each_slot([&](EntryIndex::Slot slot) {
                if (slot.item()->filled()) visit(database, *slot.item());
            });
        }
    }
}

}  // namespace sabil::cache
