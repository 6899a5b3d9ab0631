#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kferry/security/jaas.hpp"
#include "security/jaas_words.hpp"
#include "security/tokenizer.hpp"

namespace kferry::security {
namespace {

/// Puts system properties in the place of ${name} as sun.security.util.PropertyExpander does:
/// ${/} is the separator of paths, ${{...}} stays as it is, and so does what has no end. Nothing
/// when a property is not set.
std::optional<std::string> expand(std::string_view text, const SystemProperties& properties) {
  std::string out;
  while (true) {
    const auto begin = text.find("${");
    out += text.substr(0, begin);
    if (begin == std::string_view::npos) return out;
    text.remove_prefix(begin);
    const bool doubled = text.substr(2, 1) == "{";
    const auto end = text.find(doubled ? "}}" : "}", 2);
    if (end == std::string_view::npos) return out.append(text);
    if (doubled) {
      out += text.substr(0, end + 2);
      text.remove_prefix(end + 2);
      continue;
    }
    const auto name = text.substr(2, end - 2);
    if (name == "/") {
      out += '/';
    } else {
      const auto value = properties && !name.empty() ? properties(name) : std::nullopt;
      if (!value) return std::nullopt;
      out += *value;
    }
    text.remove_prefix(end + 1);
  }
}

/// The JDK's sun.security.provider.ConfigFile.
class FileReader {
 public:
  using Applications = std::map<std::string, std::vector<LoginModule>>;

  FileReader(std::string_view text, const SystemProperties& properties)
      : tokens_(text, "-_$*"), properties_(properties) {}

  Result<Applications> read() {
    for (take(); token_.kind != Token::Kind::end;) {
      if (auto done = read_application(); !done) return done.error();
    }
    return std::move(applications_);
  }

 private:
  void take() {
    token_ = tokens_.next();
    if (!token_.closed && open_quote_line_ == 0) open_quote_line_ = token_.line;
  }

  Error wrong(const std::string& text) const {
    auto why = fmt::format("line {}: {}", token_.line, text);
    if (open_quote_line_ != 0) {
      why += fmt::format(" (a quote is not closed on line {})", open_quote_line_);
    } else {
      why += hint(token_);
    }
    return {ErrorKind::configuration, std::move(why)};
  }

  /// A word, or a text in double quotes; single quotes are no quotes to the JDK.
  bool at_text() const noexcept {
    return token_.kind == Token::Kind::word ||
           (token_.kind == Token::Kind::quoted && token_.symbol == '"');
  }

  Result<void> take_symbol(char symbol, std::string_view where) {
    if (!token_.is(symbol)) return wrong(fmt::format("'{}' is missing {}", symbol, where));
    take();
    return {};
  }

  Result<void> read_application() {
    const int line = token_.line;
    // Java takes whatever stands here; without a text it is a name that nobody can ask for.
    auto name = token_.has_text() ? std::optional(std::move(token_.text)) : std::nullopt;
    take();
    if (auto brace = take_symbol('{', "behind the application's name"); !brace) return brace;
    std::vector<LoginModule> modules;
    while (!token_.is('}')) {
      auto module = read_module();
      if (!module) return module.error();
      modules.push_back(std::move(*module));
    }
    take();
    if (auto end = take_symbol(';', "behind '}'"); !end) return end;
    const auto [known, is_new] = lines_.try_emplace(name, line);
    if (!is_new) {
      return Error{ErrorKind::configuration,
                   fmt::format("line {}: the application's name is the same as on line {}", line,
                               known->second)};
    }
    if (name) applications_.emplace(std::move(*name), std::move(modules));
    return {};
  }

  Result<LoginModule> read_module() {
    LoginModule module;
    if (!at_text() || token_.text.empty()) {
      return wrong("the class name of a login module, or '}', has to stand here");
    }
    module.class_name = std::move(token_.text);
    take();
    auto flag = at_text() ? control_flag(token_.text) : std::nullopt;
    if (!flag) return wrong(fmt::format("behind the class name has to stand {}", k_flags));
    module.flag = std::move(*flag);
    take();
    return read_options(std::move(module));
  }

  Result<LoginModule> read_options(LoginModule module) {
    OptionReader options;
    while (!token_.is(';')) {
      if (!at_text()) {
        return wrong(options.count() == 0
                         ? "behind the flag has to stand an option or ';'"
                         : fmt::format("behind {} has to stand an option or ';'; a value that is "
                                       "not only letters and digits needs double quotes",
                                       options.label()));
      }
      options.begin(std::move(token_.text));
      take();
      if (auto equals = take_symbol('=', "behind the name of " + options.label()); !equals) {
        return equals.error();
      }
      if (auto value = read_value(options); !value) return value.error();
    }
    take();
    module.options = options.take();
    return module;
  }

  Result<void> read_value(OptionReader& options) {
    if (token_.kind == Token::Kind::quoted && !at_text()) {
      return wrong(options.label() + " has a value in single quotes; put it in double quotes");
    }
    if (!at_text()) {
      return wrong(fmt::format("{} {}", options.label(), why_no_value(token_)));
    }
    auto value = expand(token_.text, properties_);
    if (!value) {
      return wrong(options.label() + " has a ${name} that is no Java system property of ours");
    }
    if (value->empty() && !token_.text.empty()) {
      return wrong(options.label() + " has a ${name} that makes it empty");
    }
    options.set(std::move(*value));
    take();
    return {};
  }

  Tokenizer tokens_;
  const SystemProperties& properties_;
  Token token_;
  Applications applications_;
  std::map<std::optional<std::string>, int> lines_;
  int open_quote_line_ = 0;
};

}  // namespace

Result<std::map<std::string, std::vector<LoginModule>>> parse_jaas_file(
    std::string_view text, const SystemProperties& system_properties) {
  const Secret decoded(as_java_decodes(text));
  return FileReader(decoded.reveal(), system_properties).read();
}

}  // namespace kferry::security
