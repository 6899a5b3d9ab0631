#include "security/jaas_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kferry::security {
namespace {

/// Of the modules that Kafka's clients use: names that can not be part of a password by accident.
constexpr std::array k_known_options{
    std::string_view("username"),       std::string_view("password"),
    std::string_view("tokenauth"),      std::string_view("serviceName"),
    std::string_view("principal"),      std::string_view("keyTab"),
    std::string_view("useKeyTab"),      std::string_view("storeKey"),
    std::string_view("useTicketCache"), std::string_view("ticketCache"),
    std::string_view("renewTGT"),       std::string_view("doNotPrompt"),
    std::string_view("clientId"),       std::string_view("clientSecret"),
    std::string_view("scope"),          std::string_view("refreshKrb5Config"),
};

constexpr std::array k_flag_words{std::string_view("required"), std::string_view("requisite"),
                                  std::string_view("sufficient"), std::string_view("optional")};

}  // namespace

std::optional<std::string> control_flag(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  const bool known =
      std::find(k_flag_words.begin(), k_flag_words.end(), lower) != k_flag_words.end();
  return known ? std::optional(std::move(lower)) : std::nullopt;
}

void OptionReader::begin(std::optional<std::string> name) {
  name_ = std::move(name);
  ++count_;
}

void OptionReader::set(std::string value) {
  Secret secret(std::move(value));
  if (name_) options_.insert_or_assign(*name_, std::move(secret));
}

std::string OptionReader::label() const {
  const bool known = name_ && std::find(k_known_options.begin(), k_known_options.end(), *name_) !=
                                  k_known_options.end();
  return known ? fmt::format("option '{}'", *name_) : fmt::format("option {}", count_);
}

std::string_view why_no_value(const Token& token) {
  if (token.slashed) {
    return "has no value: an unquoted / begins a comment; put the value in double quotes";
  }
  switch (token.kind) {
    case Token::Kind::number:
      return "has a value that begins like a number; put it in double quotes";
    case Token::Kind::symbol:
      if (token.is(';') || token.is('}')) return "has no value";
      return "has a value with a character that has to stand in quotes; put it in double quotes";
    default:
      return "has no value";
  }
}

std::string_view hint(const Token& token) {
  if (!token.closed) return " (a quote is not closed on its line)";
  if (token.slashed) {
    return " (an unquoted / begins a comment up to the end of the line; put values in double "
           "quotes)";
  }
  return "";
}

}  // namespace kferry::security
