#include <utility>

#include "kferry/client/cluster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "client/backoff.hpp"
#include "client/cluster_view.hpp"
#include "client/too_old.hpp"

namespace kferry::client {
namespace {

/// In the text of one trouble; the others have the same one mostly.
constexpr std::size_t k_reasons_max = 3;
/// Whoever still asks after so many answers in a row asks another broker: one that is cut off from
/// the others answers on with what was true before.
constexpr int k_answers_in_a_row = 4;

SteadyTime now() { return std::chrono::steady_clock::now(); }

/// Metadata over one connection. At most one request is under way, and none sooner after another
/// than the back-off allows.
class LiveCluster final : public Cluster {
 public:
  LiveCluster(net::Loop& loop, SlabPool& slabs, ClusterSettings settings, OnTrouble on_trouble)
      : loop_(loop),
        slabs_(slabs),
        settings_(std::move(settings)),
        on_trouble_(std::move(on_trouble)),
        backoff_(settings_.backoff_min, settings_.backoff_max),
        timer_(loop.io()) {
    ask_at(now());
  }
  ~LiveCluster() override {
    boost::system::error_code ignored;
    timer_.cancel(ignored);
    connection_.reset();
    other_.reset();
  }

  void watch(const std::string& topic) override {
    if (!view_.watch(topic)) return;
    wanted_.insert(topic);
    ask_soon();
  }
  void unwatch(const std::string& topic) override { view_.unwatch(topic); }
  std::optional<Leader> leader(const TopicPartition& tp) const override { return view_.leader(tp); }
  std::int16_t topic_error(const std::string& topic) const override {
    return view_.topic_error(topic);
  }
  std::optional<Endpoint> endpoint(std::int32_t node) const override {
    return view_.endpoint(node);
  }
  void refresh_soon() override {
    all_wanted_ = true;
    ask_soon();
  }
  void add_listener(OnChange on_change) override { listeners_.push_back(std::move(on_change)); }

  const ClusterSettings& settings() const noexcept override { return settings_; }
  net::Loop& loop() noexcept override { return loop_; }
  SlabPool& slabs() noexcept override { return slabs_; }

 private:
  class MetadataExchange final : public Exchange {
   public:
    explicit MetadataExchange(LiveCluster& cluster) : cluster_(cluster) {}
    void on_response(protocol::WireReader body, const SlabRef&) override {
      cluster_.answered(body);
    }
    void on_failure(const Error& error) override { cluster_.failed(error); }

   private:
    LiveCluster& cluster_;
  };

  void ask_soon();
  void ask_at(SteadyTime time);
  void ask();
  void connect();
  void look_for_another();
  const Endpoint& next_candidate();
  void request();
  void answered(protocol::WireReader& body);
  void failed(const Error& error);
  void tell_trouble();
  void all_is_well();

  net::Loop& loop_;
  SlabPool& slabs_;
  const ClusterSettings settings_;
  const OnTrouble on_trouble_;
  std::deque<OnChange> listeners_;  // one may be added while another one runs
  ClusterView view_;

  /// Whom to try, the last one first; made anew when it is used up.
  std::vector<Endpoint> candidates_;
  Endpoint candidate_;
  bool in_round_ = false;
  /// Why each of this round can not be asked; sorted, so that the same trouble has the same text.
  std::map<std::string, Error> round_;
  std::string told_;  ///< what on_trouble was last called with; empty: all is well

  Backoff backoff_;
  SteadyTime not_before_{};
  SteadyTime answered_at_{};
  int answers_in_a_row_ = 0;  ///< of one broker, each soon after the one before
  SteadyTime refresh_at_{};
  bool all_wanted_ = false;
  std::set<std::string> wanted_;
  std::set<std::string> asked_;
  bool asking_ = false;
  std::minstd_rand random_{std::random_device{}()};
  MetadataExchange exchange_{*this};
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<Connection> other_;  ///< to take its place
  Endpoint other_endpoint_;
  bool other_opened_ = false;
  boost::asio::steady_timer timer_;
  SteadyTime timer_due_ = SteadyTime::max();
  /// Whether this is still there, for the timer's handlers.
  std::shared_ptr<LiveCluster> alive_{this, [](LiveCluster*) {}};
};

void LiveCluster::ask_soon() {
  if (!asking_) ask_at(std::max(now(), not_before_));
}

void LiveCluster::ask_at(SteadyTime time) {
  if (time >= timer_due_) return;
  timer_due_ = time;
  timer_.expires_at(time);
  timer_.async_wait([weak = std::weak_ptr(alive_)](const boost::system::error_code& cancelled) {
    const auto self = weak.lock();
    if (cancelled || self == nullptr) return;
    self->timer_due_ = SteadyTime::max();
    self->ask();
  });
}

void LiveCluster::ask() {
  if (std::exchange(asking_, true)) return;
  if (connection_ == nullptr || !connection_->usable()) return connect();
  if (answers_in_a_row_ >= k_answers_in_a_row) look_for_another();
  request();
}

/// The one that answers goes on until the other one can.
void LiveCluster::look_for_another() {
  answers_in_a_row_ = 0;
  other_endpoint_ = next_candidate();
  candidates_.pop_back();
  other_opened_ = false;
  other_ = Connection::open(
      loop_, slabs_, other_endpoint_, settings_.connection,
      [this](const Result<void>& opened) { other_opened_ = static_cast<bool>(opened); });
}

void LiveCluster::connect() {
  candidate_ = next_candidate();
  candidates_.pop_back();
  connection_ = Connection::open(loop_, slabs_, candidate_, settings_.connection,
                                 [this](const Result<void>& opened) {
                                   if (!opened) return failed(opened.error());
                                   request();
                                 });
}

/// Brokers that the cluster itself has named, in any order, and then the bootstrap servers.
const Endpoint& LiveCluster::next_candidate() {
  if (!candidates_.empty()) return candidates_.back();
  in_round_ = true;
  round_.clear();
  candidates_ = settings_.bootstrap;
  std::shuffle(candidates_.begin(), candidates_.end(), random_);
  auto named = view_.brokers();
  std::shuffle(named.begin(), named.end(), random_);
  for (auto& broker : named) {
    std::erase(candidates_, broker);
    candidates_.push_back(std::move(broker));
  }
  // Whoever was asked last comes last.
  std::stable_partition(candidates_.begin(), candidates_.end(),
                        [this](const Endpoint& each) { return each == candidate_; });
  KF_CHECK(!candidates_.empty());
  return candidates_.back();
}

void LiveCluster::request() {
  if (other_ != nullptr && other_opened_ && other_->usable()) {
    connection_ = std::exchange(other_, nullptr);
    candidate_ = other_endpoint_;
  }
  const auto version = connection_->version(protocol::ApiKey::metadata);
  if (!version) {
    return failed({ErrorKind::configuration,
                   fmt::format("broker {}: {}", to_string(candidate_), too_old("Metadata").text)});
  }
  asked_ = std::exchange(wanted_, {});
  std::erase_if(asked_, [&](const auto& topic) { return !view_.watched().contains(topic); });
  if (std::exchange(all_wanted_, false) || now() >= refresh_at_) {
    asked_ = view_.watched();
    refresh_at_ = now() + settings_.metadata_max_age;
  }
  const std::vector<std::string> topics(asked_.begin(), asked_.end());
  exchange_.key = protocol::ApiKey::metadata;
  exchange_.version = *version;
  protocol::RequestFrame frame(exchange_.frame, exchange_.key, *version, 0,
                               settings_.connection.client_id);
  protocol::write_metadata(frame.body(), topics, *version);
  frame.finish();
  connection_->send(exchange_);
}

void LiveCluster::answered(protocol::WireReader& body) {
  const auto metadata = protocol::read_metadata(body, exchange_.version);
  if (!metadata) {
    return failed(
        {ErrorKind::unreachable,
         fmt::format("broker {}: its answer to Metadata can not be read", to_string(candidate_))});
  }
  asking_ = false;
  asked_.clear();
  wanted_.merge(view_.apply(*metadata));
  // Whoever asks again and again gets answers ever more slowly.
  if (now() - answered_at_ > settings_.backoff_max * 2) {
    backoff_.reset();
    answers_in_a_row_ = 0;
  }
  ++answers_in_a_row_;
  answered_at_ = now();
  not_before_ = answered_at_ + std::max(backoff_.next(), Milliseconds(metadata->throttle_ms));
  const std::weak_ptr<LiveCluster> weak = alive_;
  all_is_well();
  for (std::size_t i = 0; !weak.expired() && i < listeners_.size(); ++i) listeners_[i]();
  if (weak.expired()) return;
  if (all_wanted_ || !wanted_.empty()) return ask_soon();
  ask_at(refresh_at_);
}

void LiveCluster::failed(const Error& error) {
  asking_ = false;
  wanted_.merge(asked_);
  asked_.clear();
  not_before_ = now() + backoff_.next();
  round_.insert_or_assign(to_string(candidate_), error);
  if (const auto connection = std::exchange(connection_, nullptr)) connection->close(error);
  const std::weak_ptr<LiveCluster> weak = alive_;
  if (candidates_.empty() && std::exchange(in_round_, false)) tell_trouble();
  if (!weak.expired()) ask_soon();
}

/// Everybody was tried.
void LiveCluster::tell_trouble() {
  const auto round = std::exchange(round_, {});
  Error trouble{ErrorKind::unreachable, ""};
  std::size_t reasons = 0;
  for (const auto& [place, error] : round) {
    // What somebody has to do something about is worth more than a broker that is away.
    if (error.kind != ErrorKind::unreachable) trouble.kind = error.kind;
    if (++reasons > k_reasons_max) continue;
    trouble.text += (trouble.text.empty() ? "" : "; ") + error.text;
  }
  if (reasons > k_reasons_max) {
    trouble.text += fmt::format("; and {} more", reasons - k_reasons_max);
  }
  if (trouble.text == told_) return;
  told_ = trouble.text;
  if (on_trouble_) on_trouble_(&trouble);
}

void LiveCluster::all_is_well() {
  candidates_.clear();
  in_round_ = false;
  if (std::exchange(told_, {}).empty()) return;
  if (on_trouble_) on_trouble_(nullptr);
}

/// One for all connections; when there can be none, each of them says why.
ClusterSettings with_tls_context(ClusterSettings settings) {
  const auto& security = settings.connection.security;
  if (!security || !security->tls || settings.connection.tls_context) return settings;
  if (auto context = security::make_tls_context(*security->tls); context) {
    settings.connection.tls_context = std::move(context).value();
  }
  return settings;
}

}  // namespace

std::unique_ptr<Cluster> Cluster::create(net::Loop& loop, SlabPool& slabs, ClusterSettings settings,
                                         OnTrouble on_trouble) {
  return std::make_unique<LiveCluster>(loop, slabs, with_tls_context(std::move(settings)),
                                       std::move(on_trouble));
}

}  // namespace kferry::client
