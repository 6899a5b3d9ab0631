#include "kferry/net/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <thread>

#include "kferry/base/log.hpp"
#include "net/http_session.hpp"

namespace kferry::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// When accepting fails (no file descriptors, say), not to try again at full speed.
constexpr std::chrono::milliseconds k_accept_pause{100};

std::string without_brackets(std::string_view address) {
  if (address.size() >= 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  return std::string(address);
}

std::string host_and_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Error listen_error(const std::string& where, const error_code& error) {
  if (error == asio::error::address_in_use)
    return {ErrorKind::configuration,
            "HTTP port " + where +
                " is taken; choose another with --http.listen ADDR:PORT or --http.listen off"};
  return {ErrorKind::configuration,
          "can not listen for HTTP on " + where + ": " + error.message() +
              "; choose another address with --http.listen ADDR:PORT or --http.listen off"};
}

error_code listen(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  // A restart must not wait for the old connections' TIME_WAIT; a listener that lives is still in
  // the way.
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  return error;
}

}  // namespace

struct HttpServer::Impl {
  HttpService service;
  std::string host;
  std::uint16_t port = 0;
  // Below the service: pending operations own sessions, which still count themselves out of it.
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  std::thread thread;

  Result<void> bind(std::string_view address, std::uint16_t wanted_port);
  void accept();
  void on_accept(error_code error, tcp::socket socket);
  void run() noexcept;
};

Result<void> HttpServer::Impl::bind(std::string_view address, std::uint16_t wanted_port) {
  host = without_brackets(address);
  const std::string where = host_and_port(host, wanted_port);
  error_code error;
  tcp::resolver resolver(io);
  const auto endpoints =
      resolver.resolve(host, std::to_string(wanted_port), tcp::resolver::passive, error);
  if (!error && endpoints.empty()) error = asio::error::host_not_found;
  if (!error) error = listen(acceptor, endpoints.begin()->endpoint());
  if (!error) port = acceptor.local_endpoint(error).port();
  if (error) return listen_error(where, error);
  return {};
}

void HttpServer::Impl::accept() {
  acceptor.async_accept(
      [this](error_code error, tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void HttpServer::Impl::on_accept(error_code error, tcp::socket socket) {
  if (error) {
    pause.expires_after(k_accept_pause);
    pause.async_wait([this](error_code) { accept(); });
    return;
  }
  try {
    if (service.open_sessions < service.limits.connections_max)
      std::make_shared<HttpSession>(std::move(socket), service)->read();
  } catch (const std::exception& failure) {
    log::warning("net", "HTTP connection dropped: {}", failure.what());
  }
  accept();
}

void HttpServer::Impl::run() noexcept {
  // An exception ends the connection that it came from, and nothing else.
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& failure) {
      log::warning("net", "HTTP connection dropped: {}", failure.what());
    }
  }
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(std::string_view address, std::uint16_t port,
                                                      HttpHandler handler, HttpLimits limits) {
  try {
    auto impl = std::make_unique<Impl>();
    impl->service.handler = std::move(handler);
    impl->service.limits = limits;
    if (const auto bound = impl->bind(address, port); !bound) return bound.error();
    impl->accept();
    impl->thread = std::thread([state = impl.get()] { state->run(); });
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
  } catch (const std::exception& error) {
    return Error{ErrorKind::fatal, std::string("the HTTP server does not start: ") + error.what()};
  }
}

HttpServer::~HttpServer() {
  impl_->io.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::uint16_t HttpServer::port() const noexcept { return impl_->port; }

std::string HttpServer::url() const { return "http://" + host_and_port(impl_->host, impl_->port); }

}  // namespace kferry::net
