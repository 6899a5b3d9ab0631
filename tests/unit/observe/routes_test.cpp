#include "kferry/observe/routes.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/raw_http_client.hpp"
#include "support/sample_snapshot.hpp"

namespace kferry::observe {
namespace {

using testing::sample_snapshot;

net::HttpResponse get(std::string path, const Snapshot& snapshot = sample_snapshot(),
                      std::string query = "") {
  return route({"GET", std::move(path), std::move(query)}, [&] { return snapshot; });
}

TEST(Routes, Metrics) {
  const auto response = get("/metrics");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(response.body.find("kferry_lag_records{"), std::string::npos);
}

TEST(Routes, HealthIsAliveEvenWithoutASnapshot) {
  const auto response = route({"GET", "/healthz", ""}, []() -> Snapshot {
    ADD_FAILURE() << "the process is alive whatever the flows do";
    return {};
  });
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, "ok\n");
}

TEST(Routes, Readiness) {
  EXPECT_EQ(get("/readyz").status, 200U);
  EXPECT_EQ(get("/readyz").body, "ready\n");
  Snapshot snapshot = sample_snapshot();
  snapshot.flows[0].waiting_topics = {{"target topic is missing", 1}};
  snapshot.flows[0].shards[0].state = ShardState::parked;
  snapshot.flows[0].shards[0].reason = "first line\nsecond";
  const auto response = get("/readyz", snapshot);
  EXPECT_EQ(response.status, 503U);
  EXPECT_EQ(response.body,
            "flow orders: 1 topic waits: target topic is missing\n"
            "flow orders: orders-0 is parked: first line second\n");
}

TEST(Routes, StatusWithQuery) {
  EXPECT_EQ(get("/status").content_type, "application/json");
  EXPECT_NE(get("/status").body.find("\"partition\":1,"), std::string::npos);
  EXPECT_EQ(get("/status", sample_snapshot(), "worst=1").body.find("\"partition\":1,"),
            std::string::npos);
}

TEST(Routes, ThePageNeedsNobodyElse) {
  const auto response = get("/");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(response.body.starts_with("<!DOCTYPE html>"));
  std::string outside = response.body;
  const std::string namespace_name = "http://www.w3.org/2000/svg";  // a name, never fetched
  outside.erase(outside.find(namespace_name), namespace_name.size());
  for (const char* part : {"http://", "https://", "src=", "@import", "url(", "innerHTML"})
    EXPECT_EQ(outside.find(part), std::string::npos) << part;
  ASSERT_FALSE(response.headers.empty());
  EXPECT_EQ(response.headers[0].first, "Content-Security-Policy");
}

TEST(Routes, AnythingElseIsNotFound) {
  for (const char* path : {"/metrics/", "/x", "", "//", "/../etc/passwd", "/status/1"})
    EXPECT_EQ(get(path).status, 404U) << path;
}

TEST(Routes, ServedOverASocket) {
  const SnapshotSource source = [] { return sample_snapshot(); };
  const auto server = net::HttpServer::start(
      "127.0.0.1", 0, [&](const net::HttpRequest& request) { return route(request, source); });
  ASSERT_TRUE(server.has_value());
  testing::RawHttpClient client((*server)->port());
  ASSERT_TRUE(client.send("GET /readyz HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(client.read_response().ends_with("\r\n\r\nready\n"));
  ASSERT_TRUE(client.send("GET /status?worst=1 HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(client.read_response().starts_with("HTTP/1.1 200 OK"));
}

}  // namespace
}  // namespace kferry::observe
