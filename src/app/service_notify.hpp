#pragma once

#include <string_view>

namespace kferry::app {

/// Tells systemd (Type=notify) what state the service is in: "READY=1", "STOPPING=1",
/// "STATUS=...". Nothing happens without NOTIFY_SOCKET (sd_notify(3) describes the datagram).
void notify_service(std::string_view state) noexcept;

}  // namespace kferry::app
