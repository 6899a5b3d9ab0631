#pragma once

#include <string_view>

namespace kferry::observe {

/// The page at "/": one HTML file without any other resource; it draws /status every two seconds.
extern const std::string_view k_page_html;

}  // namespace kferry::observe
