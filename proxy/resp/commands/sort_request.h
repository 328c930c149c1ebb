// The arguments of SORT and SORT_RO.
#pragma once

#include "proxy/resp/args.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

class Reply;

struct SortRequest {
    bool descending = false;
    bool alphabetic = false;
    bool has_by = false;
    std::string_view by;                 // the pattern; without `*` nothing is sorted
    std::vector<std::string_view> gets;  // patterns
    std::string_view store;
    bool stores = false;
    std::int64_t offset = 0;
    std::int64_t limit = -1;  // negative: all

    bool sorts() const noexcept { return !has_by || by.find('*') != std::string_view::npos; }
    // Patterns make keys of elements, so that any key may be touched.
    bool reads_other_keys() const noexcept;

    bool parse(Args args, bool may_store, Reply& reply);

    // From which element, and how many, of so many.
    struct Window {
        std::size_t first = 0;
        std::size_t count = 0;
    };
    Window window(std::size_t size) const noexcept;
};

}  // namespace sabil::proxy::resp
