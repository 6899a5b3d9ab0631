#pragma once

#include <openssl/ssl.h>

#include <csignal>
#include <limits>
#include <memory>

#include "support/certificates.hpp"
#include "support/scripted_broker.hpp"

namespace kferry::testing {

/// A broker's TLS listener, to be given to a ScriptedCluster. Thread: set up before, used by any.
class TlsListener {
 public:
  explicit TlsListener(const IssuedCertificate& own) : context_(SSL_CTX_new(TLS_server_method())) {
    // OpenSSL's own socket writes would end the test when a client goes.
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), own.certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), own.key.get()), 1);
  }
  void require_client_of(const IssuedCertificate& authority) const {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), authority.certificate.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  void only(int version) const {
    SSL_CTX_set_min_proto_version(context_.get(), version);
    SSL_CTX_set_max_proto_version(context_.get(), version);
  }

  ScriptedCluster::ChannelMaker maker() const {
    return [this](int socket) -> std::unique_ptr<ScriptedChannel> {
      auto channel = std::make_unique<Channel>(SSL_new(context_.get()), socket);
      if (!channel->accept()) return nullptr;
      return channel;
    };
  }

 private:
  class Channel final : public ScriptedChannel {
   public:
    Channel(SSL* ssl, int socket) : ssl_(ssl) { SSL_set_fd(ssl, socket); }
    bool accept() const { return SSL_accept(ssl_.get()) == 1; }

    bool read(std::span<std::byte> into) override {
      while (!into.empty()) {
        std::size_t got = 0;
        if (SSL_read_ex(ssl_.get(), into.data(), into.size(), &got) != 1) return false;
        into = into.subspan(got);
      }
      return true;
    }
    bool write(ByteView bytes) override {
      // Makes the client answer in the middle of its reading.
      if (SSL_version(ssl_.get()) == TLS1_3_VERSION) {
        SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_REQUESTED);
      }
      std::size_t sent = 0;
      return bytes.empty() || SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1;
    }

   private:
    security::SslHandle ssl_;
  };

  security::SslContextHandle context_;
};

}  // namespace kferry::testing
