#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kferry/config/settings.hpp"

namespace kferry::config {

/// What reading a configuration brings up. Everything is read to its end, so that the operator sees
/// all mistakes at once.
struct Findings {
  bool strict = false;  ///< unknown names are mistakes
  std::vector<Notice> notices;
  std::vector<Mistake> mistakes;
  std::vector<Explanation> explanations;
  /// Whose permissions were looked at, see guard_file().
  std::set<std::pair<int, std::string>> guarded_files;
  bool jaas_file_read = false;

  void info(Origin origin, std::string text) {
    notices.push_back({Notice::Level::info, std::move(origin), std::move(text)});
  }
  void warning(Origin origin, std::string text) {
    notices.push_back({Notice::Level::warning, std::move(origin), std::move(text)});
  }
  void mistake(Origin origin, std::string text) {
    mistakes.push_back({std::move(origin), std::move(text)});
  }
  void unknown(Origin origin, std::string text) {
    if (strict) {
      mistake(std::move(origin), std::move(text));
    } else {
      warning(std::move(origin), text + "; ignored");
    }
  }
};

}  // namespace kferry::config
