#include "client/fetch_session.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kferry/base/check.hpp"

namespace kferry::client {
namespace {

bool by_name(const FetchSession::Member* left, const FetchSession::Member* right) {
  if (left->topic != right->topic) return *left->topic < *right->topic;
  return left->partition < right->partition;
}

}  // namespace

void FetchSession::want(FetchTrack& track) {
  auto topic = topics_.find(track.tp.topic);
  if (topic == topics_.end()) topic = topics_.try_emplace(track.tp.topic).first;
  Member& member = topic->second[track.tp.partition.value()];
  member.topic = &topic->first;
  member.partition = track.tp.partition.value();
  if (member.track == nullptr) ++wanted_;
  member.track = &track;
  mark(member);
}

void FetchSession::leave(FetchTrack& track) {
  const auto topic = topics_.find(track.tp.topic);
  if (topic == topics_.end()) return;
  const auto found = topic->second.find(track.tp.partition.value());
  if (found == topic->second.end() || found->second.track != &track) return;
  found->second.track = nullptr;
  --wanted_;
  mark(found->second);
}

void FetchSession::mark(Member& member) {
  if (!std::exchange(member.dirty, true)) dirty_.push_back(&member);
}

void FetchSession::write(protocol::WireWriter& out, protocol::FetchRequest request,
                         std::int16_t version, std::int32_t partition_bytes_max) {
  partitions_.clear();
  forgotten_.clear();
  gone_.clear();
  if (full()) {
    collect_all(partition_bytes_max);
  } else {
    collect_changes(partition_bytes_max);
  }
  dirty_.clear();
  request.session_id = id_;
  request.session_epoch = epoch_;
  request.partitions = partitions_;
  request.forgotten = forgotten_;
  protocol::write_fetch(out, request, version);
  // Only now: the request had views of their names.
  for (Member* member : gone_) erase(*member);
}

/// A broker fills its answer from the front of the request, so without a session of the broker's,
/// which looks to that itself, they take turns at the front.
void FetchSession::collect_all(std::int32_t bytes_max) {
  all_.clear();
  for (auto& [name, partitions] : topics_) {
    for (auto& [partition, member] : partitions) {
      member.dirty = false;
      (member.track != nullptr ? all_ : gone_).push_back(&member);
    }
  }
  if (all_.empty()) return;
  begin_behind_first();
  first_ = {*all_.front()->topic, all_.front()->partition};
  for (Member* member : all_) tell(*member, bytes_max);
}

void FetchSession::begin_behind_first() {
  const auto behind = [this](const Member* member) {
    return std::tie(*member->topic, member->partition) > std::tie(first_.first, first_.second);
  };
  const auto found = std::find_if(all_.begin(), all_.end(), behind);
  const auto first = found == all_.end() ? all_.begin() : found;
  const std::string* const topic = (*first)->topic;
  const auto of_topic = [topic](const Member* member) { return member->topic == topic; };
  const auto begin = std::find_if(all_.begin(), all_.end(), of_topic);
  const auto end = std::find_if_not(begin, all_.end(), of_topic);
  // Partitions of one topic stay together.
  std::rotate(begin, first, end);
  std::rotate(all_.begin(), begin, all_.end());
}

void FetchSession::collect_changes(std::int32_t bytes_max) {
  std::sort(dirty_.begin(), dirty_.end(), by_name);
  for (Member* member : dirty_) {
    member->dirty = false;
    if (member->track == nullptr) {
      if (member->told) forgotten_.push_back({*member->topic, member->partition});
      gone_.push_back(member);
    } else if (!member->told || member->told_offset != member->track->next_offset ||
               member->told_epoch != member->track->leader.epoch) {
      tell(*member, bytes_max);
    }
  }
}

void FetchSession::tell(Member& member, std::int32_t bytes_max) {
  member.told = true;
  member.told_offset = member.track->next_offset;
  member.told_epoch = member.track->leader.epoch;
  partitions_.push_back(
      {*member.topic, member.partition, member.told_epoch, member.told_offset, bytes_max});
}

void FetchSession::erase(Member& member) {
  const auto topic = topics_.find(*member.topic);
  KF_CHECK(topic != topics_.end());
  const std::int32_t partition = member.partition;
  topic->second.erase(partition);
  if (!topic->second.empty()) return;
  topics_.erase(topic);
  last_found_ = topics_.end();
}

void FetchSession::answered(const protocol::FetchResponse& response) {
  if (full()) {
    // Whoever stood before it had nothing. Whoever stands behind it comes to the front in turn.
    const auto served =
        std::find_if(response.partitions.begin(), response.partitions.end(),
                     [](const auto& partition) { return !partition.records.empty(); });
    if (served != response.partitions.end()) {
      first_ = {std::string(served->topic), served->partition};
    }
  }
  // Without an id the broker has no room for the session, or has ended it.
  id_ = response.session_id;
  if (id_ == 0) {
    epoch_ = protocol::k_session_first;
  } else {
    epoch_ = epoch_ == INT32_MAX ? 1 : epoch_ + 1;
  }
}

void FetchSession::restart(bool known) {
  if (!known) id_ = 0;
  epoch_ = protocol::k_session_first;
}

FetchSession::Member* FetchSession::find(std::string_view topic, std::int32_t partition) {
  if (last_found_ == topics_.end() || last_found_->first != topic) {
    last_found_ = topics_.find(topic);
    if (last_found_ == topics_.end()) return nullptr;
  }
  const auto found = last_found_->second.find(partition);
  if (found == last_found_->second.end() || !found->second.told) return nullptr;
  return &found->second;
}

}  // namespace kferry::client
