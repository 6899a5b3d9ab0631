// The producing side of a stream: our producer, and what became of what was sent.

#include "engines/passthrough/pass_writer.hpp"

#include <unordered_map>
#include <utility>
#include <vector>

#include "engines/passthrough/pass_batch.hpp"
#include "engines/passthrough/recoder.hpp"
#include "kferry/base/check.hpp"
#include "kferry/base/log.hpp"
#include "kferry/engines/passthrough/passthrough_engine.hpp"
#include "kferry/pipeline/shard.hpp"
#include "kferry/protocol/record_batch.hpp"

namespace kferry::engines::passthrough {
namespace {

using pipeline::AckListener;
using pipeline::Batch;
using pipeline::WriteOutcome;

constexpr std::int16_t k_corrupt_message = 2;
/// Those in flight and as many more: what waits longer leaves the processor's cache meanwhile.
constexpr std::size_t k_batches_queued = 2;
/// Nothing depends on it: the producer ends a reset by itself.
constexpr Milliseconds k_reset_turn{100};

/// A shipment with what the target thread has to know about it.
struct Ship : client::Shipment {
  client::Lane* lane = nullptr;
  PassBatch* content = nullptr;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::uint32_t count = 0;     ///< of records in [from, to), without those that were given up
  std::vector<std::byte> own;  ///< when it is not a whole part
  enum class Result { none, acknowledged, refused };
  Result result = Result::none;
  ErrorKind kind = ErrorKind::record;
  std::size_t slot = 0;  ///< its place among those that are under way
};

/// Thread: the loop's, except for the constructor and the destructor.
class PassWriter final : public pipeline::Writer, client::ProduceListener {
 public:
  PassWriter(StreamLoop& loop, TargetOptions options) : options_(std::move(options)), loop_(loop) {
    cluster_ = client::Cluster::create(loop_.loop(), slabs_, options_.cluster, options_.on_trouble);
    producer_ = client::Producer::create(*cluster_, options_.produce, *this);
    loop_.before_wait([this] { return flush(); });
  }
  /// The thread that drove the loop is gone.
  ~PassWriter() override {
    loop_.before_wait(nullptr);
    producer_.reset();
    cluster_.reset();
  }
  PassWriter(const PassWriter&) = delete;
  PassWriter& operator=(const PassWriter&) = delete;

  void expect(pipeline::Shard& shard) override;
  WriteOutcome write(Batch& batch, std::uint32_t from, std::uint32_t count_max) override;
  std::size_t batches_ahead_max() const override {
    return k_batches_queued * static_cast<std::size_t>(options_.produce.batches_in_flight_max);
  }
  bool mixes_shards() const override { return false; }
  void collect(AckListener& listener) override;
  const std::string* broken() const override { return broken_ ? &*broken_ : nullptr; }
  Result<void> reset(AckListener& listener, Milliseconds graceful) override;
  void recycle(pipeline::BatchPtr batch) override {
    batch_pool().give_back(std::unique_ptr<PassBatch>(static_cast<PassBatch*>(batch.release())));
  }
  void forget(pipeline::Shard& shard) override;

 private:
  BeforeWait flush();
  // From the producer, while the loop is driven or something is sent.
  void on_acknowledged(client::Lane& lane, client::Shipment& shipment) override;
  void on_refused(client::Lane& lane, client::Shipment& shipment, ErrorKind kind) override;
  void on_broken(ErrorKind kind, const std::string& why) override;
  void on_identity(bool idempotent, const std::string& why) override;

  Ship& new_ship(PassBatch& batch, std::uint32_t from, std::uint32_t to);
  Result<Ship*> load(PassBatch& batch, const PassBatch::Part& part, std::uint32_t from,
                     std::uint32_t to);
  void post(Ship& ship);
  void settle(Ship& ship, AckListener& listener);
  void retire(Ship& ship);

  const TargetOptions options_;
  StreamLoop& loop_;

  std::unordered_map<const pipeline::Shard*, std::unique_ptr<client::Lane>> lanes_;
  std::vector<std::unique_ptr<Ship>> ships_;
  std::vector<Ship*> idle_;
  std::vector<Ship*> under_way_;
  std::vector<Ship*> answered_;  ///< to be collected
  std::vector<Ship*> collected_;
  bool to_flush_ = false;  ///< something was sent since the last flush
  std::optional<std::string> broken_;
  std::optional<std::string> broken_why_;  ///< to be collected

  client::SlabPool slabs_;
  std::unique_ptr<client::Cluster> cluster_;
  std::unique_ptr<client::Producer> producer_;
};

void PassWriter::expect(pipeline::Shard& shard) {
  auto lane = std::make_unique<client::Lane>();
  // Batches stay whole, so they stay in the partition of the same number.
  lane->target = {shard.target_topic, shard.source.partition};
  producer_->add(*lane);
  lanes_.emplace(&shard, std::move(lane));
}

Ship& PassWriter::new_ship(PassBatch& batch, std::uint32_t from, std::uint32_t to) {
  if (idle_.empty()) {
    ships_.push_back(std::make_unique<Ship>());
    idle_.push_back(ships_.back().get());
  }
  Ship& ship = *idle_.back();
  idle_.pop_back();
  ship.content = &batch;
  ship.from = from;
  ship.to = to;
  ship.count = batch.wanted(from, to);
  ship.result = Ship::Result::none;
  ship.records = static_cast<std::int32_t>(ship.count);
  ship.text.clear();
  return ship;
}

/// Records [from, to) of a part: the part itself when it is all of them.
Result<Ship*> PassWriter::load(PassBatch& batch, const PassBatch::Part& part, std::uint32_t from,
                               std::uint32_t to) {
  Ship& ship = new_ship(batch, from, to);
  ship.lane = lanes_.at(batch.shard).get();
  if (ship.count == part.records) {
    ship.batch = part.bytes;
    return &ship;
  }
  if (auto cut = cut_out(batch, part, from, to, ship.own); !cut) {
    idle_.push_back(&ship);
    return cut.error();
  }
  ship.batch = ship.own;
  return &ship;
}

WriteOutcome PassWriter::write(Batch& raw, std::uint32_t from, std::uint32_t count_max) {
  auto& batch = static_cast<PassBatch&>(raw);
  WriteOutcome outcome;
  outcome.next = from;
  if (broken_) {
    outcome.status = WriteOutcome::Status::broken;
    return outcome;
  }
  while (outcome.next < batch.records && outcome.sent < count_max) {
    const PassBatch::Part& part = batch.part_of(outcome.next);
    const std::uint32_t begin = outcome.next;
    const std::uint32_t end = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(part.end(), std::uint64_t{begin} + (count_max - outcome.sent)));
    if (batch.wanted(begin, end) > 0) {
      const auto ship = load(batch, part, begin, end);
      if (!ship) {
        outcome.status = WriteOutcome::Status::rejected;
        outcome.kind = ErrorKind::shard;
        outcome.reason = "CORRUPT_MESSAGE";
        outcome.text = ship.error().text;
        return outcome;
      }
      outcome.sent += (*ship)->count;
      post(**ship);
    }
    outcome.next = end;
  }
  return outcome;
}

void PassWriter::post(Ship& ship) {
  ship.slot = under_way_.size();
  under_way_.push_back(&ship);
  producer_->send(*ship.lane, ship);
  to_flush_ = true;
}

BeforeWait PassWriter::flush() {
  if (std::exchange(to_flush_, false)) producer_->flush();
  return {!answered_.empty() || broken_why_, producer_->in_flight(), producer_->counters().answers};
}

void PassWriter::on_acknowledged(client::Lane&, client::Shipment& shipment) {
  Ship& ship = static_cast<Ship&>(shipment);
  ship.result = Ship::Result::acknowledged;
  answered_.push_back(&ship);
}

void PassWriter::on_refused(client::Lane& lane, client::Shipment& shipment, ErrorKind kind) {
  Ship& ship = static_cast<Ship&>(shipment);
  ship.result = Ship::Result::refused;
  ship.kind = kind;
  if (shipment.error == k_corrupt_message && !protocol::checksum_holds(shipment.batch)) {
    // Damaged before it came here, or here: not a record that the target does not like.
    ship.kind = ErrorKind::shard;
    shipment.text = "the batch is damaged: its checksum does not hold, and the target refused it";
    log::warning("passthrough", "{}: {}: {}", options_.name, to_string(lane.target), shipment.text);
  }
  answered_.push_back(&ship);
}

void PassWriter::on_broken(ErrorKind, const std::string& why) { broken_why_ = why; }

void PassWriter::on_identity(bool idempotent, const std::string& why) {
  if (idempotent) return;
  log::warning("passthrough",
               "{}: {}: going on without idempotence, one batch in flight per partition so that "
               "the order is kept; a retry after a lost answer can repeat records. Give the "
               "principal IdempotentWrite on the cluster, or set enable.idempotence=false to make "
               "this choice yours",
               options_.name, why);
}

void PassWriter::collect(AckListener& listener) {
  collected_.swap(answered_);
  for (Ship* ship : collected_) settle(*ship, listener);
  collected_.clear();
  if (broken_why_) broken_ = std::exchange(broken_why_, std::nullopt);
}

void PassWriter::settle(Ship& ship, AckListener& listener) {
  PassBatch& batch = *ship.content;
  if (ship.result == Ship::Result::acknowledged) {
    batch.acknowledge_up_to(ship.to);
    listener.on_acknowledged(batch, ship.count);
  } else {
    const std::string reason = client::produce_error_name(ship.error);
    for (std::uint32_t index = ship.from; index < ship.to; ++index) {
      if (batch.given_up(index)) continue;
      listener.on_failed(batch, index, ship.kind, reason, ship.text);
    }
  }
  retire(ship);
}

void PassWriter::retire(Ship& ship) {
  under_way_[ship.slot] = under_way_.back();
  under_way_[ship.slot]->slot = ship.slot;
  under_way_.pop_back();
  idle_.push_back(&ship);
}

Result<void> PassWriter::reset(AckListener& listener, Milliseconds graceful) {
  bool done = false;
  producer_->reset(graceful, [&done] { done = true; });
  while (!done) loop_.loop().drive(k_reset_turn);
  to_flush_ = false;
  collect(listener);
  for (Ship* ship : std::exchange(under_way_, {})) {
    for (std::uint32_t i = 0; i < ship->count; ++i) listener.on_returned(*ship->content);
    idle_.push_back(ship);
  }
  broken_.reset();
  return {};
}

void PassWriter::forget(pipeline::Shard& shard) {
  const auto found = lanes_.find(&shard);
  if (found == lanes_.end()) return;
  producer_->remove(*found->second);
  lanes_.erase(found);
}

}  // namespace

std::unique_ptr<pipeline::Writer> make_writer(StreamLoop& loop, TargetOptions options) {
  return std::make_unique<PassWriter>(loop, std::move(options));
}

}  // namespace kferry::engines::passthrough
