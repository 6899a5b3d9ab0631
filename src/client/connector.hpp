#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kferry/base/clock.hpp"
#include "kferry/base/result.hpp"
#include "kferry/client/connection.hpp"

namespace kferry::client {

/// A connected socket to an endpoint: finds the addresses of the name and tries them in turn, each
/// with its share of the time that is left. Thread: the loop's.
class Connector : public std::enable_shared_from_this<Connector> {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  /// Called once, unless it is cancelled before. Errors: unreachable, without the broker's name.
  using OnConnected = std::function<void(Result<Socket>)>;

  Connector(boost::asio::io_context& io, Endpoint endpoint, SteadyTime deadline,
            OnConnected on_connected);

  void start();
  /// Nothing is called any more.
  void cancel();

 private:
  using ErrorCode = boost::system::error_code;
  using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;

  void resolved(const ErrorCode& error, const boost::asio::ip::tcp::resolver::results_type& found);
  void try_next();
  void tried(const ErrorCode& error);
  void finish(Result<Socket> result);
  void give_time(Milliseconds time);
  void note(const std::string& failure);

  const Endpoint endpoint_;
  const SteadyTime deadline_;
  OnConnected on_connected_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::steady_timer timer_;
  Socket socket_;
  Addresses addresses_;
  std::size_t next_ = 0;
  bool timed_out_ = false;
  std::string failures_;
};

}  // namespace kferry::client
