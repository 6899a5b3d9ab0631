#pragma once

#include <memory>
#include <mutex>

#include "kferry/base/result.hpp"
#include "kferry/security/profile.hpp"

namespace kferry::security {

/// What OpenSSL gives to every new SSL_CTX of this process by itself (the section "system_default"
/// of its configuration, config(5ssl)): the way to protocol versions and TLS 1.3 cipher suites of a
/// library that makes its context without asking. While an object lives these are the profile's;
/// then the system's own again, never older than TLS 1.2. Contexts that exist already do not
/// change.
/// Thread: any; a second object waits until the first is gone. Whoever makes an SSL_CTX beside this
/// sets versions and suites itself.
class TlsDefaults {
 public:
  /// Errors: configuration, when OpenSSL does not know a suite.
  static Result<std::unique_ptr<TlsDefaults>> make(const TlsProfile& profile);
  ~TlsDefaults();
  TlsDefaults(const TlsDefaults&) = delete;
  TlsDefaults& operator=(const TlsDefaults&) = delete;

 private:
  TlsDefaults();
  std::unique_lock<std::mutex> alone_;
  bool changed_ = false;
};

}  // namespace kferry::security
