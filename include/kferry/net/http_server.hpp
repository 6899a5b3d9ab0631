#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kferry/base/result.hpp"

/// A small HTTP/1.1 server for what a daemon shows of itself: read-only, no bodies, hard limits. It
/// is no web server: no TLS, no CORS, no state-changing method.
namespace kferry::net {

inline constexpr std::size_t k_http_header_bytes_max = 8192;
inline constexpr std::size_t k_http_connections_max = 64;
/// From accept, or from the end of the last response, to the end of a request's header. Frees the
/// places of slow and of idle clients alike.
inline constexpr std::chrono::milliseconds k_http_read_timeout{5'000};
/// For one whole response; a large /metrics page over a slow line fits.
inline constexpr std::chrono::milliseconds k_http_write_timeout{30'000};

struct HttpLimits {
  std::size_t header_bytes_max = k_http_header_bytes_max;
  std::size_t connections_max = k_http_connections_max;  ///< one more is closed unanswered
  std::chrono::milliseconds read_timeout = k_http_read_timeout;
  std::chrono::milliseconds write_timeout = k_http_write_timeout;
};

struct HttpRequest {
  std::string method;  ///< "GET" or "HEAD"; the server answers any other with 405
  std::string path;    ///< as sent, up to the '?'
  std::string query;   ///< as sent, after the '?'; empty when there is none
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;  ///< is not sent for HEAD, its length is
  /// Besides Content-Type, Content-Length, Cache-Control: no-store and nosniff, which every
  /// response has.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Thread: called from the server's thread, one call at a time. An exception becomes a 500.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

/// Thread: start and destruction by one owner; requests are served by one thread of its own.
class HttpServer {
 public:
  /// Listens when it returns. `address` is an IPv4 or IPv6 address (with or without brackets) or a
  /// host name; port 0 lets the system choose, see port().
  /// Errors: configuration, when the address can not be bound.
  static Result<std::unique_ptr<HttpServer>> start(std::string_view address, std::uint16_t port,
                                                   HttpHandler handler, HttpLimits limits = {});
  /// Closes every connection and joins; waits for a handler that runs, for nothing else.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:9393", "http://[::1]:9393": what to type into a browser.
  std::string url() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace kferry::net
