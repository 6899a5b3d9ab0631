#include "kferry/observe/routes.hpp"

#include <string>
#include <utility>

#include "kferry/observe/metrics.hpp"
#include "kferry/observe/readiness.hpp"
#include "kferry/observe/status.hpp"
#include "observe/page.hpp"

namespace kferry::observe {
namespace {

/// The page brings its own script and style and talks to nobody but us, even if a name that it
/// shows were to try otherwise.
constexpr const char* k_page_policy =
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

net::HttpResponse plain(unsigned status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

net::HttpResponse of_type(std::string type, std::string body) {
  net::HttpResponse response = plain(200, std::move(body));
  response.content_type = std::move(type);
  return response;
}

net::HttpResponse readiness(const Snapshot& snapshot) {
  if (is_ready(snapshot)) return plain(200, "ready\n");
  std::string body;
  for (const std::string& reason : not_ready_reasons(snapshot)) body += reason + "\n";
  return plain(503, std::move(body));
}

net::HttpResponse page() {
  net::HttpResponse response = of_type("text/html; charset=utf-8", page_html());
  response.headers.emplace_back("Content-Security-Policy", k_page_policy);
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace

net::HttpResponse route(const net::HttpRequest& request, const SnapshotSource& source) {
  if (request.path == "/metrics") return of_type(k_metrics_content_type, metrics_text(source()));
  if (request.path == "/healthz") return plain(200, "ok\n");
  if (request.path == "/readyz") return readiness(source());
  if (request.path == "/status")
    return of_type("application/json", status_json(source(), parse_status_query(request.query)));
  if (request.path == "/") return page();
  return plain(404, "not found; there are /metrics /healthz /readyz /status and /\n");
}

}  // namespace kferry::observe
