#pragma once

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kferry/base/result.hpp"

/// Our counterpart of java/Cases.java.
namespace kferry::judge {

using Json = nlohmann::json;

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Text that is not UTF-8 is a fault of ours: dump() throws.
inline void say(const std::string& name, const Result<Json>& outcome) {
  Json line{{"case", name}};
  if (outcome) {
    line["value"] = *outcome;
  } else {
    line["error"] = true;
    line["note"] = outcome.error().text;
  }
  std::puts(line.dump(-1, ' ', true).c_str());
}

/// main() of a judge: `read` makes of a file (path, bytes) a Result<Json>.
template <class Read>
int judge_folder(int argc, char** argv, Read read) try {
  if (argc != 2) return 64;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) say(file.filename().string(), read(file, bytes_of(file)));
  return std::fflush(stdout) == 0 ? 0 : 74;
} catch (const std::exception& wrong) {
  std::fprintf(stderr, "%s\n", wrong.what());
  return 70;
}

}  // namespace kferry::judge
