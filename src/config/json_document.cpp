#include "config/json_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace kferry::config {
namespace {

/// Tells how far the parser has read, which is how an event learns its line.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** read_to) : at_(at), read_to_(read_to) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *read_to_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** read_to_;
};

/// The library's message without its own position, and without the piece of the file that it
/// quotes: that might be a password.
std::string without_input(std::string text) {
  static constexpr std::string_view k_quote = "; last read: ";
  if (const auto at = text.find(": "); at != std::string::npos) text.erase(0, at + 2);
  if (const auto at = text.find(k_quote); at != std::string::npos) {
    const auto expected = text.rfind("; expected ");
    text.erase(at, expected == std::string::npos ? expected : expected - at);
  }
  return text;
}

/// Builds the tree from the parser's events.
class TreeBuilder {
 public:
  using Kind = JsonValue::Kind;

  TreeBuilder(std::string_view bytes, const char* const* read_to)
      : begin_(bytes.data()), size_(bytes.size()), counted_to_(bytes.data()), read_to_(read_to) {}

  bool null() { return add(Kind::null, ""); }
  bool boolean(bool value) { return add(Kind::boolean, value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return add(Kind::number, std::to_string(value)); }
  bool number_unsigned(std::uint64_t value) { return add(Kind::number, std::to_string(value)); }
  bool number_float(double, const std::string& text) { return add(Kind::number, text); }
  bool string(std::string& text) { return add(Kind::string, std::move(text)); }
  bool binary(nlohmann::json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Kind::object); }
  bool start_array(std::size_t) { return open(Kind::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    open_.back()->members.push_back({std::move(name), line(Kind::string), {}});
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& why) {
    // The library counts the end of the input as a character, and every look at it.
    document_.error_line = line_at(begin_ + std::min(size_, position == 0 ? 0 : position - 1));
    document_.error = without_input(why.what());
    return false;
  }

  JsonDocument take() {
    if (document_.error.empty()) document_.value = std::move(root_);
    return std::move(document_);
  }

 private:
  int line_at(const char* position) {
    lines_ += static_cast<int>(std::count(counted_to_, std::max(counted_to_, position), '\n'));
    counted_to_ = std::max(counted_to_, position);
    return lines_;
  }

  int line(Kind kind) {
    // A number is known to have ended only after the character that follows it.
    return line_at(kind == Kind::number && *read_to_ > begin_ ? *read_to_ - 1 : *read_to_);
  }

  JsonValue& place(JsonValue value) {
    if (open_.empty()) return root_ = std::move(value);
    auto& parent = *open_.back();
    if (parent.kind == Kind::array) return parent.items.emplace_back(std::move(value));
    return parent.members.back().value = std::move(value);
  }

  bool add(Kind kind, std::string text) {
    place({kind, line(kind), std::move(text), {}, {}});
    return true;
  }

  bool open(Kind kind) {
    const int at = line(kind);
    if (open_.size() == k_json_depth_max) {
      document_.error_line = at;
      document_.error = fmt::format("nested deeper than {} levels", k_json_depth_max);
      return false;
    }
    open_.push_back(&place({kind, at, {}, {}, {}}));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const char* begin_;
  std::size_t size_;
  const char* counted_to_;
  const char* const* read_to_;
  int lines_ = 1;
  JsonValue root_;
  // Only the innermost value grows, so that the values around it stay where they are.
  std::vector<JsonValue*> open_;
  JsonDocument document_;
};

}  // namespace

std::string_view to_string(JsonValue::Kind kind) noexcept {
  switch (kind) {
    case JsonValue::Kind::null:
      return "null";
    case JsonValue::Kind::boolean:
      return "true or false";
    case JsonValue::Kind::number:
      return "a number";
    case JsonValue::Kind::string:
      return "a string";
    case JsonValue::Kind::array:
      return "a list";
    case JsonValue::Kind::object:
      return "an object";
  }
  return "";
}

JsonDocument parse_json(std::string_view bytes) {
  const char* read_to = bytes.data();
  TreeBuilder builder(bytes, &read_to);
  nlohmann::json::sax_parse(CountingIterator(bytes.data(), &read_to),
                            CountingIterator(bytes.data() + bytes.size(), &read_to), &builder,
                            nlohmann::json::input_format_t::json, true, true);
  return builder.take();
}

}  // namespace kferry::config
