#pragma once

#include "kferry/net/http_server.hpp"
#include "kferry/observe/snapshot.hpp"

namespace kferry::observe {

/// /metrics, /healthz (the process answers), /readyz (200, or 503 with a reason per line), /status
/// (see status.hpp), / (a page for people); anything else is 404. Read-only.
/// Thread: any; calls the source at most once.
net::HttpResponse route(const net::HttpRequest& request, const SnapshotSource& source);

}  // namespace kferry::observe
