// The floor under every mirror: the bytes of files from one TCP connection to another through plain
// recv and send, on one thread. Prints what that costs, so that a mirror's CPU can be set beside
// it.
//   bench_relay FILE...
// The files are the segments of a topic: the sender hands them over with sendfile, as brokers do,
// so that the relay reads what a mirror reads, from where it reads it. Sender and sink are
// processes of their own and not counted.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t k_buffer_bytes = 256U << 10;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::_Exit(1);
}

class Descriptor {
 public:
  Descriptor(int fd, const char* what) : fd_(fd) {
    if (fd_ < 0) give_up(what);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

struct Pair {
  Descriptor here;
  Descriptor there;
};

/// Two ends of a connection over loopback.
Pair connect_pair() {
  const Descriptor listener(socket(AF_INET, SOCK_STREAM, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener.get(), any, size) != 0 || listen(listener.get(), 1) != 0 ||
      getsockname(listener.get(), any, &size) != 0) {
    give_up("listen");
  }
  Descriptor here(socket(AF_INET, SOCK_STREAM, 0), "socket");
  if (connect(here.get(), any, size) != 0) give_up("connect");
  return {std::move(here), Descriptor(accept(listener.get(), nullptr, nullptr), "accept")};
}

void send_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) give_up("send");
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
}

std::uint64_t bytes_of(const char* path) {
  struct stat facts {};
  if (stat(path, &facts) != 0) give_up(path);
  return static_cast<std::uint64_t>(facts.st_size);
}

void pump(int to, const char* path) {
  const Descriptor file(open(path, O_RDONLY | O_CLOEXEC), path);
  for (std::uint64_t left = bytes_of(path); left > 0;) {
    const ssize_t sent = sendfile(to, file.get(), nullptr, left);
    if (sent <= 0) give_up("sendfile");
    left -= static_cast<std::uint64_t>(sent);
  }
}

std::uint64_t drain(int fd) {
  std::vector<char> data(k_buffer_bytes);
  std::uint64_t sum = 0;
  for (ssize_t got = 0; (got = recv(fd, data.data(), data.size(), 0)) > 0;) {
    sum += static_cast<std::uint64_t>(got);
  }
  return sum;
}

std::uint64_t relay(int from, int to) {
  std::vector<char> data(k_buffer_bytes);
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
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_relay FILE...\n");
    return 64;
  }
  const std::span paths(argv + 1, static_cast<std::size_t>(argc - 1));
  std::uint64_t bytes = 0;
  for (const char* path : paths) bytes += bytes_of(path);
  Pair source = connect_pair();
  Pair target = connect_pair();
  const pid_t sender = fork();
  if (sender == 0) {
    for (const char* path : paths) pump(source.there.get(), path);
    // The relay sees the end though others hold this socket too.
    shutdown(source.there.get(), SHUT_WR);
    std::_Exit(0);
  }
  const pid_t sink = fork();
  if (sink == 0) std::_Exit(drain(target.there.get()) == bytes ? 0 : 1);
  {
    const Descriptor not_ours(std::move(source.there));
    const Descriptor nor_this(std::move(target.there));
  }
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t moved = relay(source.here.get(), target.here.get());
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
