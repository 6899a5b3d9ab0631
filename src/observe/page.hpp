#pragma once

#include <string>
#include <string_view>

namespace kferry::observe {

/// The page at "/": one HTML file without any other resource; it draws /status every two seconds.
std::string page_html();

/// What moves it; stands between its script tags.
extern const std::string_view k_page_script;

}  // namespace kferry::observe
