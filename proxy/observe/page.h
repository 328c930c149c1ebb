// The live page's files, built into the program.
#pragma once

#include <string_view>

namespace sabil::proxy::observe {

std::string_view page_html() noexcept;
std::string_view page_css() noexcept;
std::string_view page_js() noexcept;

}  // namespace sabil::proxy::observe
