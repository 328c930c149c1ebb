// Whether a child may allocate that was forked while other threads did. Not with this compiler's AddressSanitizer,
// whose allocator leaves its locks in the child as another thread held them.
#pragma once

namespace sabil {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool forked_child_may_allocate = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool forked_child_may_allocate = false;
#else
inline constexpr bool forked_child_may_allocate = true;
#endif
#else
inline constexpr bool forked_child_may_allocate = true;
#endif

}  // namespace sabil
