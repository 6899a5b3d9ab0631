#pragma once

#include <string>

/// Shared by the making of a profile and of a context.
namespace kferry::security {

/// Where this system keeps the CA certificates that OpenSSL trusts by default: a file or a folder
/// that exists. Empty: nowhere.
std::string system_trust();

}  // namespace kferry::security
