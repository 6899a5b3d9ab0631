#include "kferry/topics/java_regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>

#include <array>
#include <span>
#include <utility>

#include "java_syntax.hpp"

namespace kferry::topics {
namespace {

template <auto Free>
struct Pcre2Delete {
  template <class T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};
using Code = std::unique_ptr<pcre2_code, Pcre2Delete<&pcre2_code_free>>;
using CompileContext =
    std::unique_ptr<pcre2_compile_context, Pcre2Delete<&pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Pcre2Delete<&pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Pcre2Delete<&pcre2_match_data_free>>;

// pcre2_compile()'s "regular expression is too large": the one failure that parting mends.
constexpr int k_too_large = PCRE2_ERROR_PATTERN_TOO_LARGE;

PCRE2_SPTR units(std::string_view text) noexcept {
  // PCRE2 allows null only together with length 0, and not in every release.
  return reinterpret_cast<PCRE2_SPTR>(text.empty() ? "" : text.data());
}

std::string message(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

/// One set of alternatives, compiled for text and, for what is not text, for bytes.
struct Part {
  Code text;
  Code bytes;  ///< null when the pattern makes sense for text only
  std::uint32_t group_count = 0;
};

struct CompileFailure {
  int code = 0;
  std::size_t offset = 0;
};

Code compile_code(std::string_view pattern, std::uint32_t options, CompileFailure& failure) {
  const CompileContext context(pcre2_compile_context_create(nullptr));
  KF_CHECK(context != nullptr);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_ANYCRLF);
  pcre2_set_max_pattern_length(context.get(), k_pattern_bytes_max);
  return Code(pcre2_compile(
      units(pattern), pattern.size(),
      options | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP,
      &failure.code, &failure.offset, context.get()));
}

/// Those of the ascending bars that lie between begin and end.
std::span<const std::size_t> bars_between(std::span<const std::size_t> bars, std::size_t begin,
                                          std::size_t end) {
  while (!bars.empty() && bars.front() < begin) bars = bars.subspan(1);
  while (!bars.empty() && bars.back() >= end) bars = bars.first(bars.size() - 1);
  return bars;
}

/// Compiles [begin, end) of the pattern; halves it at a top-level bar as long as it is too large.
bool compile_parts(const JavaSyntax& syntax, std::size_t begin, std::size_t end,
                   std::vector<Part>& parts, CompileFailure& failure) {
  const std::string_view pattern = std::string_view(syntax.pattern).substr(begin, end - begin);
  Part part;
  part.text = compile_code(pattern, PCRE2_UTF, failure);
  if (part.text != nullptr) {
    CompileFailure ignored;
    part.bytes = compile_code(pattern, 0, ignored);
    pcre2_pattern_info(part.text.get(), PCRE2_INFO_CAPTURECOUNT, &part.group_count);
    parts.push_back(std::move(part));
    return true;
  }
  const auto bars = bars_between(syntax.top_level_bars, begin, end);
  if (failure.code != k_too_large || !syntax.alternatives_stand_alone || bars.empty()) return false;
  const std::size_t bar = bars[bars.size() / 2];
  return compile_parts(syntax, begin, bar, parts, failure) &&
         compile_parts(syntax, bar + 1, end, parts, failure);
}

MatchContext bounded_match_context() {
  MatchContext context(pcre2_match_context_create(nullptr));
  KF_CHECK(context != nullptr);
  pcre2_set_match_limit(context.get(), k_match_steps_max);
  pcre2_set_depth_limit(context.get(), k_match_depth_max);
  pcre2_set_heap_limit(context.get(), k_match_heap_kib_max);
  return context;
}

bool is_utf_error(int code) noexcept {
  return code <= PCRE2_ERROR_UTF8_ERR1 && code >= PCRE2_ERROR_UTF8_ERR21;
}

/// What pcre2_match() says: 0 or more for a match, else its error code.
int match(const Part& part, std::string_view text, pcre2_match_data* data,
          pcre2_match_context* context) noexcept {
  const int verdict = pcre2_match(part.text.get(), units(text), text.size(), 0, 0, data, context);
  if (!is_utf_error(verdict)) return verdict;
  if (part.bytes == nullptr) return PCRE2_ERROR_NOMATCH;
  return pcre2_match(part.bytes.get(), units(text), text.size(), 0, 0, data, context);
}

/// For callers that want to know no more than whether it matches. It keeps the memory that a match
/// needed, so that the next one on the same thread allocates nothing.
pcre2_match_data* scratch_match_data() {
  thread_local const MatchData data(pcre2_match_data_create(1, nullptr));
  KF_CHECK(data != nullptr);
  return data.get();
}

}  // namespace

struct JavaRegex::Inside {
  std::string pattern;
  std::vector<Part> parts;
  MatchContext context = bounded_match_context();
};

JavaRegex::JavaRegex(std::unique_ptr<Inside> inside) : inside_(std::move(inside)) {}
JavaRegex::JavaRegex(JavaRegex&&) noexcept = default;
JavaRegex& JavaRegex::operator=(JavaRegex&&) noexcept = default;
JavaRegex::~JavaRegex() = default;

Result<JavaRegex> JavaRegex::compile(std::string_view pattern) {
  if (pattern.size() > k_pattern_bytes_max) {
    return Error{ErrorKind::configuration, fmt::format("longer than the {} bytes that a pattern "
                                                       "may have",
                                                       k_pattern_bytes_max)};
  }
  Result<JavaSyntax> syntax = read_java_syntax(pattern);
  if (!syntax) return syntax.error();
  auto inside = std::make_unique<Inside>();
  inside->pattern = pattern;
  CompileFailure failure;
  if (!compile_parts(*syntax, 0, syntax->pattern.size(), inside->parts, failure)) {
    if (failure.code == k_too_large || syntax->pattern != pattern) {
      return Error{ErrorKind::configuration, message(failure.code)};
    }
    return Error{ErrorKind::configuration,
                 fmt::format("{} at character {}", message(failure.code), failure.offset + 1)};
  }
  return JavaRegex(std::move(inside));
}

bool JavaRegex::full_match(std::string_view text) const {
  const Result<bool> matches = try_full_match(text);
  return matches && *matches;
}

Result<bool> JavaRegex::try_full_match(std::string_view text) const {
  for (const Part& part : inside_->parts) {
    const int verdict = match(part, text, scratch_match_data(), inside_->context.get());
    if (verdict >= 0) return true;
    if (verdict != PCRE2_ERROR_NOMATCH) {
      return Error{ErrorKind::configuration,
                   fmt::format("{} after {} steps at most: write the pattern so that it has fewer "
                               "ways to match",
                               message(verdict), k_match_steps_max)};
    }
  }
  return false;
}

std::vector<std::string> JavaRegex::groups(std::string_view text) const {
  std::size_t groups_before = 0;
  for (const Part& part : inside_->parts) {
    const MatchData data(pcre2_match_data_create_from_pattern(part.text.get(), nullptr));
    KF_CHECK(data != nullptr);
    const int pairs = match(part, text, data.get(), inside_->context.get());
    if (pairs < 0) {
      groups_before += part.group_count;
      continue;
    }
    std::vector<std::string> found(group_count() + 1);
    const std::span ends(pcre2_get_ovector_pointer(data.get()),
                         2 * static_cast<std::size_t>(pairs));
    for (std::size_t i = 0; i < ends.size() / 2; ++i) {
      if (ends[2 * i] == PCRE2_UNSET) continue;
      found[i == 0 ? 0 : groups_before + i] =
          text.substr(ends[2 * i], ends[2 * i + 1] - ends[2 * i]);
    }
    return found;
  }
  return {};
}

std::size_t JavaRegex::group_count() const noexcept {
  std::size_t count = 0;
  for (const Part& part : inside_->parts) count += part.group_count;
  return count;
}

const std::string& JavaRegex::pattern() const noexcept { return inside_->pattern; }

}  // namespace kferry::topics
