#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace kferry::testing {

/// A TCP client on loopback that says exactly what a test wants said, right or wrong. Gives up
/// after ten seconds of silence, so that a test fails instead of hanging.
class RawHttpClient {
 public:
  explicit RawHttpClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(port);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
  }
  struct V6 {};
  RawHttpClient(V6, std::uint16_t port) : socket_(::socket(AF_INET6, SOCK_STREAM, 0)) {
    sockaddr_in6 peer{};
    peer.sin6_family = AF_INET6;
    peer.sin6_port = htons(port);
    peer.sin6_addr = in6addr_loopback;
    connect(reinterpret_cast<const sockaddr*>(&peer), sizeof peer);
  }
  ~RawHttpClient() { ::close(socket_); }
  RawHttpClient(const RawHttpClient&) = delete;
  RawHttpClient& operator=(const RawHttpClient&) = delete;

  /// False when the server has closed already.
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Everything up to the server's close; nothing when it does not close in time.
  std::optional<std::string> read_to_end() {
    for (;;) {
      const auto got = receive();
      if (got < 0) return std::nullopt;
      if (got == 0) return std::move(received_);
    }
  }

  /// One response: its header and as many bytes as Content-Length says (none after HEAD).
  std::string read_response(bool head = false) {
    std::size_t header_end = 0;
    while ((header_end = received_.find("\r\n\r\n")) == std::string::npos)
      if (receive() <= 0) return "";
    const std::string_view key = "Content-Length: ";
    const auto at = received_.find(key);
    if (at == std::string::npos || at > header_end) return "";
    const auto body = head ? 0 : std::stoul(received_.substr(at + key.size(), 12));
    while (received_.size() < header_end + 4 + body)
      if (receive() <= 0) return "";
    std::string response = received_.substr(0, header_end + 4 + body);
    received_.erase(0, response.size());
    return response;
  }

 private:
  void connect(const sockaddr* peer, socklen_t size) const {
    timeval patience{};
    patience.tv_sec = 60;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (socket_ < 0 || ::connect(socket_, peer, size) != 0)
      throw std::runtime_error("the test client can not connect");
  }
  ssize_t receive() {
    char buffer[4096];
    const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
    if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
    return got;
  }

  int socket_;
  std::string received_;
};

}  // namespace kferry::testing
