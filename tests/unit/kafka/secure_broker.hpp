#pragma once

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "test_certificates.hpp"

namespace kferry::test {

/// The first words of a Kafka broker on loopback, over TCP or TLS: enough to see how a client
/// introduces itself, or to refuse it in a broker's words. One connection after the other.
class SecureBroker {
 public:
  struct Behaviour {
    const TestIdentity* identity = nullptr;  ///< set: TLS
    bool ask_for_certificate = false;
    bool want_certificate = false;  ///< as ask, and refused without
    int tls_newest = 0;             ///< 0: OpenSSL's
    /// What the broker enabled, joined by ','.
    std::vector<std::string> mechanisms = {"PLAIN"};
    std::string refusal{};  ///< of SaslAuthenticate; empty: accepted
  };
  /// How a client introduced itself.
  struct Meeting {
    std::string tls_version;
    std::string tls_suite;
    int certificates = 0;
    std::string mechanism;
    std::string sasl;  ///< the first SaslAuthenticate's bytes
  };

  explicit SecureBroker(Behaviour behaviour) : behaviour_(std::move(behaviour)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    KF_CHECK(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    KF_CHECK(::listen(listener_, 16) == 0);
    socklen_t size = sizeof(address);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~SecureBroker() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  SecureBroker(const SecureBroker&) = delete;
  SecureBroker& operator=(const SecureBroker&) = delete;

  std::string address(const std::string& host = "localhost") const {
    return host + ":" + std::to_string(port_);
  }
  /// The newest meeting that came as far as the handshake's end, or with SASL to its first bytes.
  std::optional<Meeting> last_meeting() const {
    const std::lock_guard lock(mutex_);
    return meeting_;
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    meeting_.reset();
    ++generation_;
  }

 private:
  static constexpr int k_poll_ms = 20;
  static constexpr int k_io_timeout_s = 5;

  struct FreeContext {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };
  struct FreeSsl {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };

  /// One connection's bytes, whatever carries them.
  struct Channel {
    int socket;
    SSL* ssl;
    bool read(void* to, std::size_t size) const {
      auto* at = static_cast<char*>(to);
      while (size > 0) {
        const auto got = ssl != nullptr ? SSL_read(ssl, at, static_cast<int>(size))
                                        : static_cast<int>(::recv(socket, at, size, 0));
        if (got <= 0) return false;
        at += got;
        size -= static_cast<std::size_t>(got);
      }
      return true;
    }
    void write(const std::string& bytes) const {
      if (ssl != nullptr) {
        SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
      } else {
        ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      }
    }
  };

  void serve() {
    // OpenSSL's own socket writes would end the test when a client goes.
    std::signal(SIGPIPE, SIG_IGN);
    while (!stopping_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, k_poll_ms) <= 0) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      const timeval patience{k_io_timeout_s, 0};
      ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
      meet(socket);
      ::close(socket);
    }
  }

  void meet(int socket) {
    {
      const std::lock_guard lock(mutex_);
      met_in_ = generation_;
    }
    if (behaviour_.identity == nullptr) {
      Meeting meeting;
      talk({socket, nullptr}, meeting);
      return;
    }
    const std::unique_ptr<SSL_CTX, FreeContext> context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), behaviour_.identity->certificate());
    SSL_CTX_use_PrivateKey(context.get(), behaviour_.identity->key());
    if (behaviour_.tls_newest != 0) {
      SSL_CTX_set_max_proto_version(context.get(), behaviour_.tls_newest);
    }
    if (behaviour_.ask_for_certificate || behaviour_.want_certificate) {
      const int mode =
          SSL_VERIFY_PEER | (behaviour_.want_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
      SSL_CTX_set_verify(context.get(), mode, [](int, X509_STORE_CTX*) { return 1; });
    }
    const std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), socket);
    if (SSL_accept(ssl.get()) != 1) {
      ERR_clear_error();
      return;
    }
    Meeting meeting;
    meeting.tls_version = SSL_get_version(ssl.get());
    meeting.tls_suite = SSL_get_cipher(ssl.get());
    meeting.certificates = certificates_of(ssl.get());
    remember(meeting);
    talk({socket, ssl.get()}, meeting);
    SSL_shutdown(ssl.get());
  }

  /// On the server's side the peer's own certificate is not part of its chain.
  static int certificates_of(SSL* ssl) {
    const std::unique_ptr<X509, FreeCertificate> own(SSL_get1_peer_certificate(ssl));
    if (!own) return 0;
    STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
    return 1 + (chain != nullptr ? sk_X509_num(chain) : 0);
  }

  void remember(const Meeting& meeting) {
    const std::lock_guard lock(mutex_);
    // The last handshake of a client that is gone may end only now.
    if (met_in_ == generation_) meeting_ = meeting;
  }

  static std::string number(std::uint32_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>((value >> (8 * i)) & 0xff);
    return out;
  }
  static std::string text(const std::string& value) {
    return number(static_cast<std::uint32_t>(value.size()), 2) + value;
  }

  /// Answers requests until the client goes or has seen the refusal.
  void talk(const Channel& channel, Meeting& meeting) {
    constexpr std::uint32_t k_request_bytes_max = 1U << 20;
    std::uint32_t size = 0;
    while (channel.read(&size, sizeof(size))) {
      size = ntohl(size);
      if (size < 10 || size > k_request_bytes_max) return;  // not Kafka's protocol: TLS, perhaps
      std::string request(size, '\0');
      if (!channel.read(request.data(), size)) return;
      const auto key = static_cast<std::uint8_t>(request[1]);
      const auto version = static_cast<std::uint8_t>(request[3]);
      const auto client_id_size = static_cast<std::uint8_t>(request[9]);
      const std::string body = request.substr(std::min<std::size_t>(10 + client_id_size, size));
      const auto answer = answer_to(key, version, body, meeting);
      if (!answer) return;
      channel.write(number(static_cast<std::uint32_t>(4 + answer->size()), 4) +
                    request.substr(4, 4) + *answer);
    }
  }

  std::optional<std::string> answer_to(int key, int version, const std::string& body,
                                       Meeting& meeting) {
    constexpr int k_sasl_handshake = 17;
    constexpr int k_api_versions = 18;
    constexpr int k_sasl_authenticate = 36;
    if (key == k_api_versions) {
      if (version > 0) return number(35, 2) + number(0, 4);  // UNSUPPORTED_VERSION
      std::string answer = number(0, 2) + number(37, 4);
      for (std::uint32_t api = 0; api <= 36; ++api) {
        answer += number(api, 2) + number(0, 2) + number(api == k_sasl_handshake ? 1 : 0, 2);
      }
      return answer;
    }
    if (key == k_sasl_handshake) {
      meeting.mechanism = body.substr(2);
      bool enabled = false;
      std::string list = number(static_cast<std::uint32_t>(behaviour_.mechanisms.size()), 4);
      for (const std::string& mechanism : behaviour_.mechanisms) {
        enabled = enabled || mechanism == meeting.mechanism;
        list += text(mechanism);
      }
      return number(enabled ? 0 : 33, 2) + list;  // 33: UNSUPPORTED_SASL_MECHANISM
    }
    if (key == k_sasl_authenticate) {
      meeting.sasl = body.substr(4);
      remember(meeting);
      if (behaviour_.refusal.empty()) return number(0, 2) + number(0xffff, 2) + number(0, 4);
      return number(58, 2) + text(behaviour_.refusal) + number(0, 4);
    }
    return std::nullopt;
  }

  const Behaviour behaviour_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::optional<Meeting> meeting_;
  unsigned generation_ = 0;  ///< counts forget()
  unsigned met_in_ = 0;      ///< of the newest meeting
  std::thread thread_;
};

}  // namespace kferry::test
