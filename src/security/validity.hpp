#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kferry::security {

/// A sentence for each certificate of a PEM text whose dates do not include this moment, the first
/// few and how many more.
std::vector<std::string> date_warnings(std::string_view certificates_pem);

}  // namespace kferry::security
