#pragma once

#include <cstddef>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>

#include "kferry/net/http_server.hpp"

namespace kferry::net {

/// What all sessions of a server share. Outlives them; touched by the server's thread only.
struct HttpService {
  HttpHandler handler;
  HttpLimits limits;
  std::size_t open_sessions = 0;
};

/// One connection: read a header, answer, again until the client or a limit ends it. Shared
/// ownership because whichever asynchronous operation is pending keeps the session alive.
/// Thread: the server's.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(boost::asio::ip::tcp::socket socket, HttpService& service);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  void read();

 private:
  using ErrorCode = boost::beast::error_code;

  void on_header(ErrorCode error);
  HttpResponse answer() const;
  void write(HttpResponse response, bool keep_alive, bool with_body);
  void on_written(ErrorCode error, bool keep_alive);
  void linger();
  void discard();

  HttpService& service_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::string_body>>
      serializer_;
  std::size_t discarded_bytes_ = 0;
};

}  // namespace kferry::net
