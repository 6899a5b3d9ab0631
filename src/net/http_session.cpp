#include <utility>

#include "net/http_session.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <limits>

#include "kferry/base/log.hpp"

namespace kferry::net {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

/// A client that is sent an error may still be sending; closing at once would reset the connection
/// and take the error message with it.
constexpr std::chrono::milliseconds k_linger_timeout{1'000};
constexpr std::size_t k_linger_bytes_max = 256 * 1024;

HttpResponse plain(unsigned status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(text) + "\n";
  return response;
}

HttpResponse malformed(const beast::error_code& error, const HttpLimits& limits) {
  // Which of the two it is depends on whether the header or the buffer fills first.
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return plain(431, "header larger than " + std::to_string(limits.header_bytes_max) + " bytes");
  return plain(400, "not a request: " + error.message());
}

}  // namespace

HttpSession::HttpSession(boost::asio::ip::tcp::socket socket, HttpService& service)
    : service_(service), stream_(std::move(socket)), buffer_(service.limits.header_bytes_max + 1) {
  ++service_.open_sessions;
}

HttpSession::~HttpSession() { --service_.open_sessions; }

void HttpSession::read() {
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(service_.limits.header_bytes_max));
  // Bodies are refused by on_header(), which has the better words for it.
  parser_->body_limit(std::numeric_limits<std::uint64_t>::max());
  stream_.expires_after(service_.limits.read_timeout);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, std::size_t) { self->on_header(error); });
}

void HttpSession::on_header(ErrorCode error) {
  if (error) {
    const bool bad_request =
        error.category() == http::make_error_code(http::error::end_of_stream).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message;
    if (bad_request) return write(malformed(error, service_.limits), false, true);
    return;  // gone, or too slow: there is nobody to answer
  }
  const auto& request = parser_->get();
  const bool head = request.method() == http::verb::head;
  if (!head && request.method() != http::verb::get) {
    HttpResponse response = plain(405, "only GET and HEAD");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return write(std::move(response), false, true);
  }
  if (parser_->chunked() || parser_->content_length().value_or(0) > 0)
    return write(plain(413, "a request has no body here"), false, !head);
  write(answer(), request.keep_alive(), !head);
}

HttpResponse HttpSession::answer() const {
  const auto& message = parser_->get();
  const std::string target(message.target());
  HttpRequest request;
  request.method = std::string(message.method_string());
  const auto question_mark = target.find('?');
  request.path = target.substr(0, question_mark);
  if (question_mark != std::string::npos) request.query = target.substr(question_mark + 1);
  try {
    return service_.handler(request);
  } catch (const std::exception& error) {
    log::error("net", "HTTP {} {} failed: {}", request.method, request.path, error.what());
  } catch (...) {
    log::error("net", "HTTP {} {} failed", request.method, request.path);
  }
  return plain(500, "this page failed; the log has the reason");
}

void HttpSession::write(HttpResponse response, bool keep_alive, bool with_body) {
  response_ = {};
  response_.version(11);
  response_.result(response.status);
  response_.set(http::field::content_type, response.content_type);
  response_.set(http::field::cache_control, "no-store");
  response_.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) response_.set(name, value);
  response_.keep_alive(keep_alive);
  response_.content_length(response.body.size());
  if (with_body) response_.body() = std::move(response.body);

  serializer_.emplace(response_);
  stream_.expires_after(service_.limits.write_timeout);
  const auto written = [self = shared_from_this(), keep_alive](ErrorCode error, std::size_t) {
    self->on_written(error, keep_alive);
  };
  if (with_body)
    http::async_write(stream_, *serializer_, written);
  else
    http::async_write_header(stream_, *serializer_, written);
}

void HttpSession::on_written(ErrorCode error, bool keep_alive) {
  if (error) return;
  response_.body() = {};  // an idle connection holds no page
  if (keep_alive) return read();
  linger();
}

void HttpSession::linger() {
  ErrorCode ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(k_linger_timeout);
  discard();
}

void HttpSession::discard() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(service_.limits.header_bytes_max),
                          [self = shared_from_this()](ErrorCode error, std::size_t bytes) {
                            self->discarded_bytes_ += bytes;
                            if (!error && self->discarded_bytes_ < k_linger_bytes_max)
                              self->discard();
                          });
}

}  // namespace kferry::net
