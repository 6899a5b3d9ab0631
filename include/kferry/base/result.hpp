#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "kferry/base/check.hpp"
#include "kferry/base/exit_code.hpp"

namespace kferry {

/// What a caller does about an error; the only thing that code decides on. The text is for people.
enum class ErrorKind {
  retriable,      ///< may heal by itself: back off and try again
  shard,          ///< this shard can not go on: park it, the others run
  record,         ///< the target refuses this record for good: the send-failure policy decides
  unreachable,    ///< a cluster does not answer
  authorization,  ///< a cluster answers no
  configuration,  ///< the operator has to change an option
  fatal,          ///< the client instance is dead: make a new one
  bug,            ///< can not happen
};

/// Names the failure for the operator: what failed, on which cluster, topic and partition, what
/// kferry does now, which option to turn. Never holds a secret.
struct Error {
  ErrorKind kind = ErrorKind::bug;
  std::string text;
};

/// The exit code of a command that ends because of an error of this kind.
ExitCode exit_code(ErrorKind kind) noexcept;

/// A value or an Error, with the surface of std::expected so that it can be swapped later.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*-explicit-*)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*-explicit-*)

  bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & { return *checked(); }
  const T& value() const& { return *const_cast<Result*>(this)->checked(); }
  T&& value() && { return std::move(*checked()); }
  T& operator*() & { return *checked(); }
  const T& operator*() const& { return *const_cast<Result*>(this)->checked(); }
  T&& operator*() && { return std::move(*checked()); }
  T* operator->() { return checked(); }
  const T* operator->() const { return const_cast<Result*>(this)->checked(); }

  const Error& error() const& {
    KF_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  T* checked() noexcept {
    KF_CHECK(has_value());
    return std::get_if<0>(&state_);
  }
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(*-explicit-*)

  bool has_value() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return has_value(); }
  const Error& error() const& {
    KF_CHECK(error_.has_value());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace kferry
