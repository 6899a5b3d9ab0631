#include "kferry/net/http_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "support/raw_http_client.hpp"

namespace kferry::net {
namespace {

using testing::RawHttpClient;

HttpResponse echo(const HttpRequest& request) {
  if (request.path == "/throw") throw std::runtime_error("broken");
  HttpResponse response;
  if (request.path == "/large") {
    response.body.assign(4'000'000, 'x');
    return response;
  }
  response.body = request.method + "|" + request.path + "|" + request.query;
  response.headers.emplace_back("X-Extra", "yes");
  return response;
}

std::unique_ptr<HttpServer> started(HttpLimits limits = {}) {
  auto server = HttpServer::start("127.0.0.1", 0, echo, limits);
  EXPECT_TRUE(server.has_value());
  return std::move(server).value();
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(HttpServer, AnswersGetWithTheHandlersBody) {
  const auto server = started();
  RawHttpClient client(server->port());
  ASSERT_TRUE(client.send("GET /metrics?a=1&b HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string response = client.read_response();
  EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\nGET|/metrics|a=1&b")) << response;
  EXPECT_TRUE(has(response, "X-Content-Type-Options: nosniff\r\n"));
  EXPECT_TRUE(has(response, "Content-Type: text/plain; charset=utf-8\r\n"));
  EXPECT_TRUE(has(response, "X-Extra: yes\r\n"));
  EXPECT_FALSE(has(response, "Access-Control"));
}

TEST(HttpServer, HeadHasTheLengthButNoBody) {
  const auto server = started();
  RawHttpClient client(server->port());
  ASSERT_TRUE(client.send("HEAD /abc HTTP/1.1\r\nConnection: close\r\n\r\n"));
  const auto response = client.read_to_end();
  ASSERT_TRUE(response);
  EXPECT_TRUE(has(*response, "Content-Length: 10\r\n")) << *response;
  EXPECT_TRUE(response->ends_with("\r\n\r\n")) << *response;
}

TEST(HttpServer, KeepsTheConnectionForTheNextRequests) {
  const auto server = started();
  RawHttpClient client(server->port());
  for (const char* path : {"/one", "/two"}) {
    ASSERT_TRUE(client.send("GET " + std::string(path) + " HTTP/1.1\r\n\r\n"));
    EXPECT_TRUE(client.read_response().ends_with(path + std::string("|")));
  }
  // Two in one write, and a HEAD between, which must not leave a body behind.
  ASSERT_TRUE(client.send("HEAD /three HTTP/1.1\r\n\r\nGET /four HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(has(client.read_response(true), "200 OK"));
  EXPECT_TRUE(client.read_response().ends_with("GET|/four|"));
}

TEST(HttpServer, ClosesAfterHttp10) {
  const auto server = started();
  RawHttpClient client(server->port());
  ASSERT_TRUE(client.send("GET / HTTP/1.0\r\n\r\n"));
  const auto response = client.read_to_end();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->ends_with("GET|/|"));
}

TEST(HttpServer, OtherMethodsAre405) {
  const auto server = started();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
    RawHttpClient client(server->port());
    ASSERT_TRUE(client.send(std::string(method) + " / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"));
    const auto response = client.read_to_end();
    ASSERT_TRUE(response) << method;
    EXPECT_TRUE(response->starts_with("HTTP/1.1 405 ")) << method << ": " << *response;
    EXPECT_TRUE(has(*response, "Allow: GET, HEAD\r\n"));
  }
}

TEST(HttpServer, BodiesAreRefused) {
  const auto server = started();
  for (const char* length :
       {"Content-Length: 3", "Content-Length: 99999999999", "Transfer-Encoding: chunked"}) {
    RawHttpClient client(server->port());
    ASSERT_TRUE(client.send("GET / HTTP/1.1\r\n" + std::string(length) + "\r\n\r\n"));
    const auto response = client.read_to_end();
    ASSERT_TRUE(response) << length;
    EXPECT_TRUE(response->starts_with("HTTP/1.1 413 ")) << *response;
  }
}

TEST(HttpServer, OversizedHeaderIs431) {
  const auto server = started();
  for (const std::size_t size : {k_http_header_bytes_max, std::size_t{200'000}}) {
    RawHttpClient client(server->port());
    // The server may have closed before all of it is sent; its answer still has to arrive.
    client.send("GET / HTTP/1.1\r\nX-Long: " + std::string(size, 'a') + "\r\n\r\n");
    const auto response = client.read_to_end();
    ASSERT_TRUE(response) << size;
    EXPECT_TRUE(response->starts_with("HTTP/1.1 431 ")) << size << ": " << *response;
  }
}

TEST(HttpServer, AHeaderJustBelowTheLimitPasses) {
  const auto server = started();
  RawHttpClient client(server->port());
  ASSERT_TRUE(client.send(
      "GET / HTTP/1.1\r\nX-Long: " + std::string(k_http_header_bytes_max - 100, 'a') + "\r\n\r\n"));
  EXPECT_TRUE(has(client.read_response(), "200 OK"));
}

TEST(HttpServer, GarbageIs400) {
  const auto server = started();
  RawHttpClient client(server->port());
  ASSERT_TRUE(client.send("\x16\x03\x01 this is no HTTP\r\n\r\n"));
  const auto response = client.read_to_end();
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->starts_with("HTTP/1.1 400 ")) << *response;
}

TEST(HttpServer, ASlowHeaderIsCutOff) {
  HttpLimits limits;
  limits.read_timeout = std::chrono::milliseconds(100);
  const auto server = started(limits);
  RawHttpClient client(server->port());
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nX-Never"));
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, AnIdleKeptConnectionIsCutOff) {
  HttpLimits limits;
  limits.read_timeout = std::chrono::milliseconds(100);
  const auto server = started(limits);
  RawHttpClient client(server->port());
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\n\r\n"));
  ASSERT_NE(client.read_response(), "");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, AClientThatDoesNotReadIsCutOff) {
  HttpLimits limits;
  limits.connections_max = 1;
  limits.write_timeout = std::chrono::milliseconds(100);
  const auto server = started(limits);
  RawHttpClient lazy(server->port());
  // More than both socket buffers hold, so that the server's write stalls.
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET /large HTTP/1.1\r\n\r\n";
  ASSERT_TRUE(lazy.send(requests));
  // The only place becomes free as soon as the write has timed out.
  for (;;) {
    RawHttpClient next(server->port());
    if (next.send("GET / HTTP/1.1\r\n\r\n") && !next.read_response().empty()) break;
  }
}

TEST(HttpServer, OneConnectionTooManyIsClosedAndAFreePlaceIsReused) {
  HttpLimits limits;
  limits.read_timeout = std::chrono::seconds(60);  // all of them are open at once
  const auto server = started(limits);
  const std::string request = "GET / HTTP/1.1\r\n\r\n";
  std::vector<std::unique_ptr<RawHttpClient>> clients;
  for (std::size_t i = 0; i < k_http_connections_max; ++i) {
    clients.push_back(std::make_unique<RawHttpClient>(server->port()));
    ASSERT_TRUE(clients.back()->send(request));
    ASSERT_NE(clients.back()->read_response(), "") << i;
  }
  RawHttpClient surplus(server->port());
  EXPECT_EQ(surplus.read_to_end(), "");
  EXPECT_TRUE(clients.front()->send(request));
  EXPECT_NE(clients.front()->read_response(), "");
  clients.pop_back();
  // The server learns of the close in its own time.
  for (;;) {
    RawHttpClient next(server->port());
    if (next.send(request) && !next.read_response().empty()) break;
  }
}

TEST(HttpServer, AHandlerThatThrowsIs500AndTheServerLives) {
  const auto server = started();
  RawHttpClient client(server->port());
  ASSERT_TRUE(client.send("GET /throw HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 500 "));
  ASSERT_TRUE(client.send("GET /fine HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(client.read_response().ends_with("GET|/fine|"));
}

TEST(HttpServer, SendsALargeBodyWhole) {
  const auto server = started();
  RawHttpClient client(server->port());
  ASSERT_TRUE(client.send("GET /large HTTP/1.1\r\nConnection: close\r\n\r\n"));
  const auto response = client.read_to_end();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->size() - response->find("\r\n\r\n") - 4, 4'000'000U);
}

TEST(HttpServer, ATakenPortSaysWhatToDo) {
  const auto first = started();
  const auto second = HttpServer::start("127.0.0.1", first->port(), echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().kind, ErrorKind::configuration);
  EXPECT_EQ(second.error().text,
            "HTTP port 127.0.0.1:" + std::to_string(first->port()) +
                " is taken; choose another with --http.listen ADDR:PORT or --http.listen off");
}

TEST(HttpServer, AForeignAddressIsNamed) {
  // TEST-NET-1 is never an address of a host.
  const auto server = HttpServer::start("192.0.2.1", 9393, echo);
  ASSERT_FALSE(server.has_value());
  EXPECT_EQ(server.error().kind, ErrorKind::configuration);
  EXPECT_TRUE(has(server.error().text, "192.0.2.1:9393")) << server.error().text;
  EXPECT_TRUE(has(server.error().text, "--http.listen")) << server.error().text;
}

TEST(HttpServer, AFreedPortCanBeTakenAtOnce) {
  auto server = started();
  const auto port = server->port();
  {
    RawHttpClient client(port);
    ASSERT_TRUE(client.send("GET / HTTP/1.1\r\n\r\n"));
    ASSERT_NE(client.read_response(), "");
    server.reset();
    EXPECT_EQ(client.read_to_end(), "");
  }
  EXPECT_TRUE(HttpServer::start("127.0.0.1", port, echo).has_value());
}

TEST(HttpServer, ServesIpv6) {
  for (const char* address : {"::1", "[::1]"}) {
    auto server = HttpServer::start(address, 0, echo);
    if (!server && has(server.error().text, "Cannot assign")) GTEST_SKIP() << "no IPv6 here";
    ASSERT_TRUE(server.has_value()) << server.error().text;
    EXPECT_EQ((*server)->url(), "http://[::1]:" + std::to_string((*server)->port()));
    RawHttpClient client(RawHttpClient::V6{}, (*server)->port());
    ASSERT_TRUE(client.send("GET /six HTTP/1.1\r\n\r\n"));
    EXPECT_TRUE(client.read_response().ends_with("GET|/six|"));
  }
}

TEST(HttpServer, AcceptsAHostName) {
  const auto server = HttpServer::start("localhost", 0, echo);
  ASSERT_TRUE(server.has_value()) << server.error().text;
  EXPECT_EQ((*server)->url(), "http://localhost:" + std::to_string((*server)->port()));
}

TEST(HttpServer, StopsWithOpenConnections) {
  auto server = started();
  RawHttpClient idle(server->port());
  RawHttpClient half(server->port());
  ASSERT_TRUE(half.send("GET / HT"));
  const auto before = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - before, k_http_read_timeout);
  EXPECT_TRUE(idle.read_to_end().has_value() || !idle.send("x"));
}

}  // namespace
}  // namespace kferry::net
