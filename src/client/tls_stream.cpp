#include "client/tls_stream.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <system_error>

#include "client/socket_bio.hpp"
#include "kferry/security/tls_context.hpp"

namespace kferry::client {
namespace {

/// The most that one record of TLS holds.
constexpr std::size_t k_record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;
/// Records are sent together up to about so many bytes, and received up to so many at a time.
constexpr std::size_t k_burst_bytes = 256U << 10;

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

bool is_address(const std::string& host) {
  boost::system::error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  return !no_address;
}

/// Takes from gathered pieces what fits into a record.
class PieceReader {
 public:
  explicit PieceReader(std::span<const iovec> pieces) : pieces_(pieces) { skip_empty(); }

  bool empty() const noexcept { return pieces_.empty(); }
  /// The next bytes: a record's fill of one piece as it lies there, or several copied together.
  std::span<const char> next(std::span<char> room) noexcept {
    const std::size_t here = pieces_.front().iov_len - at_;
    const char* const from = static_cast<const char*>(pieces_.front().iov_base) + at_;
    if (here >= room.size() || pieces_.size() == 1) {
      const std::size_t bytes = std::min(here, room.size());
      advance(bytes);
      return {from, bytes};
    }
    std::size_t filled = 0;
    while (filled < room.size() && !empty()) {
      const std::size_t bytes = std::min(room.size() - filled, pieces_.front().iov_len - at_);
      std::memcpy(room.data() + filled, static_cast<const char*>(pieces_.front().iov_base) + at_,
                  bytes);
      filled += bytes;
      advance(bytes);
    }
    return room.first(filled);
  }

 private:
  void advance(std::size_t bytes) noexcept {
    at_ += bytes;
    skip_empty();
  }
  void skip_empty() noexcept {
    while (!pieces_.empty() && at_ == pieces_.front().iov_len) {
      pieces_ = pieces_.subspan(1);
      at_ = 0;
    }
  }

  std::span<const iovec> pieces_;
  std::size_t at_ = 0;
};

class TlsStream final : public ByteStream {
 public:
  TlsStream(int socket, std::string host) : host_(std::move(host)), bio_(socket) {}

  bool begin(SSL_CTX* context, bool verify_host_name);

  StreamState handshake() noexcept override;
  StreamResult read(std::span<const iovec> into) noexcept override;
  StreamResult write(std::span<const iovec> from) noexcept override;
  StreamState flush() noexcept override;
  bool has_unflushed() const noexcept override { return bio_.unflushed_bytes() > 0; }
  Error error() const override;

 private:
  static int on_verify(int good, X509_STORE_CTX* store) noexcept;
  StreamState stopped(int result) noexcept;
  bool has_no_certificate_to_show() const noexcept;
  Error explain_alert(int reason) const;

  const std::string host_;
  SocketBio bio_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  std::array<char, k_record_bytes> record_;
  std::string refused_subject_;
  bool established_ = false;
  unsigned long error_ = 0;  ///< OpenSSL's
};

bool TlsStream::begin(SSL_CTX* context, bool verify_host_name) {
  ERR_clear_error();
  ssl_.reset(SSL_new(context));
  BIO* const handle = ssl_ == nullptr ? nullptr : bio_.make_handle();
  if (handle == nullptr) return false;
  SSL_set_bio(ssl_.get(), handle, handle);
  SSL_set_connect_state(ssl_.get());
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_read_ahead(ssl_.get(), 1);
  SSL_set_default_read_buffer_len(ssl_.get(), k_burst_bytes);
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_CTX_get_verify_mode(context), on_verify);
  const bool address = is_address(host_);
  // Spelled out, since OpenSSL's macro for it has an old-style cast.
  if (!address && SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                           const_cast<char*>(host_.c_str())) != 1) {
    return false;
  }
  if (!verify_host_name) return true;
  if (address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host_.c_str()) == 1;
  SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl_.get(), host_.c_str()) == 1;
}

/// Leaves the verdict to the context's own callback and notes down whom it refused: afterwards
/// OpenSSL has forgotten.
int TlsStream::on_verify(int good, X509_STORE_CTX* store) noexcept {
  const auto* const ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* const self = static_cast<TlsStream*>(SSL_get_app_data(ssl));
  if (const auto verdict = SSL_CTX_get_verify_callback(SSL_get_SSL_CTX(ssl))) {
    good = verdict(good, store);
  }
  const X509* const certificate = X509_STORE_CTX_get0_cert(store);
  if (good == 0 && certificate != nullptr) {
    std::array<char, 256> text{};
    X509_NAME_oneline(X509_get_subject_name(certificate), text.data(),
                      static_cast<int>(text.size()));
    self->refused_subject_ = text.data();
  }
  return good;
}

StreamState TlsStream::handshake() noexcept {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  const StreamState state = result == 1 ? StreamState::progress : stopped(result);
  established_ = result == 1;
  // Whatever it was, the other side is to hear of it: a message, or why we refuse.
  const StreamState sent = flush();
  if (state == StreamState::failed || sent == StreamState::progress) return state;
  // The last message of ours may still be on its way when the handshake is over.
  return established_ ? StreamState::progress : sent;
}

StreamResult TlsStream::read(std::span<const iovec> into) noexcept {
  ERR_clear_error();
  auto* const base = static_cast<char*>(into.front().iov_base);
  const std::size_t room = into.front().iov_len;
  std::size_t filled = 0;
  while (filled < room) {
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), base + filled, room - filled, &got);
    if (result != 1) {
      const StreamState state = stopped(result);
      // What came before the end is still to be looked at.
      if (filled > 0) return {StreamState::progress, filled, state == StreamState::want_read};
      return {state};
    }
    filled += got;
  }
  return {StreamState::progress, filled};
}

StreamResult TlsStream::write(std::span<const iovec> from) noexcept {
  ERR_clear_error();
  PieceReader pieces(from);
  std::size_t taken = 0;
  while (!pieces.empty()) {
    if (bio_.unflushed_bytes() >= k_burst_bytes) {
      const StreamState state = flush();
      if (state == StreamState::want_write && taken > 0) break;
      if (state != StreamState::progress) return {state};
    }
    const auto record = pieces.next(record_);
    std::size_t written = 0;
    const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &written);
    // It writes into memory and may not renegotiate: either all of a record is taken or none ever.
    if (result != 1 || written != record.size()) {
      stopped(result);
      return {StreamState::failed};
    }
    taken += written;
  }
  return {StreamState::progress, taken};
}

StreamState TlsStream::flush() noexcept {
  switch (bio_.flush()) {
    case SocketBio::Flushed::all:
      return StreamState::progress;
    case SocketBio::Flushed::would_block:
      return StreamState::want_write;
    case SocketBio::Flushed::failed:
      break;
  }
  return StreamState::failed;
}

StreamState TlsStream::stopped(int result) noexcept {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return StreamState::want_read;
    case SSL_ERROR_WANT_WRITE:
      return StreamState::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return StreamState::ended;
    default:
      break;
  }
  error_ = ERR_peek_error();
  const bool cut = error_ == 0 && bio_.last_errno() == 0;
  return cut && bio_.at_end() ? StreamState::ended : StreamState::failed;
}

Error TlsStream::error() const {
  const long verified = SSL_get_verify_result(ssl_.get());
  if (!established_ && verified != X509_V_OK) {
    return {ErrorKind::authorization,
            security::explain_verification(static_cast<int>(verified), host_, refused_subject_)};
  }
  if (error_ != 0 && ERR_GET_LIB(error_) == ERR_LIB_SSL) {
    if (has_no_certificate_to_show()) {
      return {ErrorKind::authorization,
              "this listener wants a client certificate; set ssl.keystore.location"};
    }
    return explain_alert(ERR_GET_REASON(error_));
  }
  if (bio_.last_errno() != 0) {
    return {ErrorKind::unreachable, std::generic_category().message(bio_.last_errno())};
  }
  return {ErrorKind::unreachable, "TLS with it fails"};
}

/// Brokers differ in the alert for it (2.2 sends "unexpected message"), but all of them name the
/// authorities that they would take certificates of.
bool TlsStream::has_no_certificate_to_show() const noexcept {
  const auto* const authorities = SSL_get0_peer_CA_list(ssl_.get());
  return authorities != nullptr && sk_X509_NAME_num(authorities) > 0 &&
         SSL_get_certificate(ssl_.get()) == nullptr;
}

/// What OpenSSL or the other side complains of, in words where we know better ones.
Error TlsStream::explain_alert(int reason) const {
  const char* const text = ERR_reason_error_string(error_);
  const std::string said = text == nullptr ? fmt::format("error {}", reason) : text;
  switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return {ErrorKind::configuration,
              "this listener does not speak TLS; see security.protocol and the port in "
              "bootstrap.servers"};
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return {ErrorKind::authorization,
              "this listener wants a client certificate; set ssl.keystore.location"};
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
      return {ErrorKind::authorization,
              fmt::format("it refuses our certificate, or the lack of one ({}); see "
                          "ssl.keystore.location and the broker's truststore",
                          said)};
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      return {ErrorKind::configuration,
              fmt::format("it has no version or cipher of TLS in common with us ({}), or wants a "
                          "client certificate; see ssl.enabled.protocols, ssl.cipher.suites and "
                          "ssl.keystore.location",
                          said)};
    default:
      return {ErrorKind::unreachable, fmt::format("TLS with it fails: {}", said)};
  }
}

}  // namespace

Result<std::unique_ptr<ByteStream>> make_tls_stream(int socket, ssl_ctx_st* context,
                                                    const std::string& host,
                                                    bool verify_host_name) {
  auto stream = std::make_unique<TlsStream>(socket, host);
  if (!stream->begin(context, verify_host_name)) {
    return Error{ErrorKind::fatal, "OpenSSL does not begin a connection"};
  }
  return std::unique_ptr<ByteStream>(std::move(stream));
}

}  // namespace kferry::client
