#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "kferry/security/jaas.hpp"
#include "security/jaas_words.hpp"
#include "security/tokenizer.hpp"

namespace kferry::security {
namespace {

constexpr std::string_view k_form = "<class> required <option>=\"<value>\" ...;";

/// Kafka's JaasConfig.
class ConfigReader {
 public:
  explicit ConfigReader(std::string_view text) : tokens_(text, "-_$") {}

  Result<std::vector<LoginModule>> read() {
    std::vector<LoginModule> modules;
    for (take(); token_.kind != Token::Kind::end; take()) {
      auto module = read_module();
      if (!module) return module.error();
      modules.push_back(std::move(*module));
    }
    return modules;
  }

 private:
  /// What is wrong may have begun earlier: an open quote, or a line that a slash hides.
  void take() {
    token_ = tokens_.next();
    open_quote_ = open_quote_ || !token_.closed;
    slashed_ = slashed_ || token_.slashed;
  }

  Error wrong(std::string text) const {
    Token all;
    all.closed = !open_quote_;
    all.slashed = slashed_;
    return {ErrorKind::configuration, text.append(hint(all))};
  }

  Result<LoginModule> read_module() {
    LoginModule module;
    if (!token_.has_text() || token_.text.empty()) {
      return wrong(fmt::format("it does not begin with a class name; its form is {}", k_form));
    }
    module.class_name = std::move(token_.text);
    take();
    auto flag = token_.has_text() ? control_flag(token_.text) : std::nullopt;
    if (!flag) return wrong(fmt::format("behind the class name has to stand {}", k_flags));
    module.flag = std::move(*flag);
    return read_options(std::move(module));
  }

  Result<LoginModule> read_options(LoginModule module) {
    OptionReader options;
    for (take(); token_.kind != Token::Kind::end && !token_.is(';'); take()) {
      options.begin(token_.has_text() ? std::optional(std::move(token_.text)) : std::nullopt);
      take();
      if (!token_.is('=')) return wrong(no_equals(options));
      take();
      if (!token_.has_text()) {
        if (open_quote_) return wrong(fmt::format("{} has no value", options.label()));
        return Error{ErrorKind::configuration,
                     fmt::format("{} {}", options.label(), why_no_value(token_))};
      }
      options.set(std::move(token_.text));
    }
    if (!token_.is(';')) return wrong("it does not end with a semicolon");
    module.options = options.take();
    return module;
  }

  static std::string no_equals(const OptionReader& options) {
    return fmt::format(
        "{} is not followed by '='; a value that is not only letters and digits has to stand in "
        "double quotes, and a quote or backslash inside needs a backslash before it",
        options.label());
  }

  Tokenizer tokens_;
  Token token_;
  bool open_quote_ = false;
  bool slashed_ = false;
};

}  // namespace

Result<LoginModule> parse_jaas_config(std::string_view text) {
  const Secret decoded(as_java_decodes(text));
  auto modules = ConfigReader(decoded.reveal()).read();
  if (!modules) return modules.error();
  if (modules->size() != 1) {
    return Error{
        ErrorKind::configuration,
        fmt::format("it holds {} login modules, but has to hold exactly one; its form is {}",
                    modules->size(), k_form)};
  }
  return std::move(modules->front());
}

}  // namespace kferry::security
