// The floor under every mirror: bytes from one TCP connection to another through plain recv and
// send, on one thread. Prints what that costs, so that a mirror's CPU can be set beside it.
//   bench_relay BYTES [BUFFER_BYTES]
// Sender and sink are processes of their own and not counted.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t k_default_buffer_bytes = 256U << 10;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::_Exit(1);
}

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {
    if (fd_ < 0) give_up("socket");
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket& operator=(Socket&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Pair {
  Socket here;
  Socket there;
};

/// Two ends of a connection over loopback.
Pair connect_pair() {
  const Socket listener(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener.get(), any, size) != 0 || listen(listener.get(), 1) != 0 ||
      getsockname(listener.get(), any, &size) != 0) {
    give_up("listen");
  }
  Socket here(socket(AF_INET, SOCK_STREAM, 0));
  if (connect(here.get(), any, size) != 0) give_up("connect");
  return {std::move(here), Socket(accept(listener.get(), nullptr, nullptr))};
}

void send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) give_up("send");
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

void pump(int fd, std::uint64_t bytes) {
  const std::vector<char> data(k_default_buffer_bytes, 'x');
  for (std::uint64_t left = bytes; left > 0;) {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left, data.size()));
    send_all(fd, data.data(), size);
    left -= size;
  }
}

std::uint64_t drain(int fd) {
  std::vector<char> data(k_default_buffer_bytes);
  std::uint64_t sum = 0;
  for (ssize_t got = 0; (got = recv(fd, data.data(), data.size(), 0)) > 0;) {
    sum += static_cast<std::uint64_t>(got);
  }
  return sum;
}

std::uint64_t relay(int from, int to, std::size_t buffer_bytes) {
  std::vector<char> data(buffer_bytes);
  std::uint64_t sum = 0;
  for (ssize_t got = 0; (got = recv(from, data.data(), data.size(), 0)) > 0;) {
    send_all(to, data.data(), static_cast<std::size_t>(got));
    sum += static_cast<std::uint64_t>(got);
  }
  return sum;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: bench_relay BYTES [BUFFER_BYTES]\n");
    return 64;
  }
  const std::uint64_t bytes = std::stoull(argv[1]);
  const std::size_t buffer_bytes = argc > 2 ? std::stoull(argv[2]) : k_default_buffer_bytes;
  Pair source = connect_pair();
  Pair target = connect_pair();
  const pid_t sender = fork();
  if (sender == 0) {
    pump(source.there.get(), bytes);
    // The relay sees the end though others hold this socket too.
    shutdown(source.there.get(), SHUT_WR);
    std::_Exit(0);
  }
  const pid_t sink = fork();
  if (sink == 0) std::_Exit(drain(target.there.get()) == bytes ? 0 : 1);
  {
    const Socket not_ours(std::move(source.there));
    const Socket nor_this(std::move(target.there));
  }
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t moved = relay(source.here.get(), target.here.get(), buffer_bytes);
  shutdown(target.here.get(), SHUT_WR);
  int sent_well = 1;
  int arrived_well = 1;
  waitpid(sender, &sent_well, 0);
  waitpid(sink, &arrived_well, 0);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"bytes\": %llu, \"cpu_s\": %.3f, \"user_s\": %.3f, \"system_s\": %.3f, "
      "\"wall_s\": %.3f}\n",
      static_cast<unsigned long long>(moved), seconds(usage.ru_utime) + seconds(usage.ru_stime),
      seconds(usage.ru_utime), seconds(usage.ru_stime), wall.count());
  return moved == bytes && sent_well == 0 && arrived_well == 0 ? 0 : 1;
}
