#pragma once

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kferry/base/bytes.hpp"
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

inline std::string hex(ByteView bytes) {
  constexpr std::string_view k_digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += k_digits[std::to_integer<unsigned>(byte) >> 4];
    text += k_digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

/// "<kind>.<number>" in the folder.
inline void write_case(const std::filesystem::path& folder, const std::string& kind, int number,
                       ByteView bytes) {
  std::ostringstream name;
  name << kind << '.' << std::setfill('0') << std::setw(5) << number;
  std::ofstream out(folder / name.str(), std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("can not write " + name.str());
}

/// main() of a judge that is called with --make FOLDER SEED COUNT.
template <class Make>
int make_cases(char** argv, Make make) try {
  make(std::filesystem::path(argv[2]), std::stoull(argv[3]), std::stoi(argv[4]));
  return 0;
} catch (const std::exception& wrong) {
  std::fprintf(stderr, "%s\n", wrong.what());
  return 70;
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
