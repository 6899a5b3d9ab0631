#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/client_properties.hpp"
#include "kferry/config/settings.hpp"

namespace kferry::config {

enum class Side { source, target };
std::string_view to_string(Side side) noexcept;

enum class Fate {
  passed,      ///< to librdkafka, perhaps under another name
  translated,  ///< by a function, into settings or library properties
  decided,     ///< kferry has its own value; said when the user's differs
  ignored,     ///< has no meaning here; said
  refused      ///< honouring it is not possible and ignoring it would change what is mirrored
};
std::string_view to_string(Fate fate) noexcept;

/// Keeps account of what becomes of each property of one client while it is read.
class Explainer {
 public:
  /// A property as written; everything below speaks of one that was begun, or does nothing.
  void begin(const WrittenProperty& written, Fate fate, std::string_view why, bool secret);
  /// What is said of a property while it is applied takes the place of the table's words.
  void why(std::string_view property, std::string_view text);
  /// Refused is the last word.
  void fate(std::string_view property, Fate fate);
  void became(std::string_view property, std::string_view text);
  /// librdkafka's property, whose value is looked up at the end, since others may still change it.
  void set_library(std::string_view property, std::string_view library_name);
  /// A row of its own, after those that were written, for a property that nobody wrote.
  void decided(std::string_view property, std::string_view became, std::string_view why);

  std::vector<Explanation> finish(const std::string& flow, Side side,
                                  const std::vector<LibraryProperty>& library) const;

 private:
  struct Row {
    Explanation explanation;
    Fate fate = Fate::ignored;
    bool secret = false;
    bool is_mistake = false;
    bool is_said = false;  ///< the words are of this property, not of the table
    std::string text;      ///< the value itself, for what stays as it is; empty when secret
    std::vector<std::string> library_names;
  };
  Row* find(std::string_view property) noexcept;
  static std::string became_of(const Row& row, const std::vector<LibraryProperty>& library);

  std::vector<Row> rows_;
};

}  // namespace kferry::config
