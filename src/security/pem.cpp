#include "security/pem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "security/certificates.hpp"

namespace kferry::security {

namespace {

constexpr std::string_view k_begin = "-----BEGIN ";
constexpr std::string_view k_end = "-----END ";
constexpr std::string_view k_dashes = "-----";
constexpr std::string_view k_blanks = " \t\r\n\v\f";

constexpr std::size_t k_label_bytes_shown = 40;

struct Block {
  std::string_view label;
  std::string_view body;
};

/// What each letter of Base64 stands for; everything else is 64 or more.
constexpr std::array<unsigned char, 256> k_base64 = [] {
  std::array<unsigned char, 256> values{};
  values.fill(0xFF);
  unsigned char next = 0;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) values[c] = next++;
  for (unsigned char c = 'a'; c <= 'z'; ++c) values[c] = next++;
  for (unsigned char c = '0'; c <= '9'; ++c) values[c] = next++;
  values['+'] = next++;
  values['/'] = next;
  return values;
}();

bool is_blank(char c) { return k_blanks.find(c) != std::string_view::npos; }

/// Lines of "Name: value" before the Base64 belong to old forms of PEM; Java skips them too.
std::string_view without_headers(std::string_view body) {
  for (;;) {
    const auto start = body.find_first_not_of(k_blanks);
    if (start == std::string_view::npos) return body;
    const auto line_end = body.find_first_of("\r\n", start);
    if (line_end == std::string_view::npos) return body;
    const auto line = body.substr(start, line_end - start);
    if (line.find(':') == std::string_view::npos) return body;
    body.remove_prefix(line_end);
  }
}

/// As Java's decoder: only the alphabet, padding right or left out. Nothing when it is malformed.
/// The text may be a key, so it lies in one piece of memory that is wiped.
std::optional<Secret> decode_base64(std::string_view body) {
  std::string out;
  out.reserve(body.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  std::size_t letters = 0;
  std::size_t padding = 0;
  bool good = true;
  for (const char c : body) {
    if (is_blank(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const unsigned value = k_base64[static_cast<unsigned char>(c)];
    good = good && padding == 0 && value < 64;
    bits = (bits << 6) | value;
    if (++letters % 4 != 0) continue;
    for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>((bits >> shift) & 0xFF);
  }
  const std::size_t left = letters % 4;
  if (left >= 2) out += static_cast<char>((bits >> (left == 2 ? 4 : 10)) & 0xFF);
  if (left == 3) out += static_cast<char>((bits >> 2) & 0xFF);
  good = good && left != 1 && (padding == 0 || (padding <= 2 && (letters + padding) % 4 == 0));
  Secret decoded(std::move(out));
  if (!good) return std::nullopt;
  return decoded;
}

Error cut_off(std::string_view label) {
  return store_error(
      fmt::format("the PEM text is cut off: \"-----BEGIN {}-----\" has no end", label));
}

/// Every block whose label ends with the words.
Result<std::vector<Block>> blocks_of(std::string_view text, std::string_view kind) {
  std::vector<Block> blocks;
  for (;;) {
    const auto begin = text.find(k_begin);
    if (begin == std::string_view::npos) return blocks;
    text.remove_prefix(begin + k_begin.size());
    const auto label = text.substr(0, text.find(k_dashes));
    if (label.find_first_of("\r\n") != std::string_view::npos) continue;
    text.remove_prefix(std::min(text.size(), label.size() + k_dashes.size()));
    const auto end = text.find(k_end);
    const auto after = end == std::string_view::npos ? "" : text.substr(end + k_end.size());
    if (!after.starts_with(label) || !after.substr(label.size()).starts_with(k_dashes)) {
      return cut_off(label.substr(0, k_label_bytes_shown));
    }
    if (label.ends_with(kind)) blocks.push_back({label, text.substr(0, end)});
    text = after.substr(label.size() + k_dashes.size());
    if (blocks.size() > k_store_entries_max) {
      return store_error(fmt::format("the PEM text has more than {} entries", k_store_entries_max));
    }
  }
}

std::string conversion(bool encrypted) {
  return fmt::format("`openssl pkcs8 -topk8{} -in KEY.pem -out KEY8.pem` converts it",
                     encrypted ? "" : " -nocrypt");
}

Result<Block> private_key_block(std::string_view text, bool encrypted) {
  const auto blocks = blocks_of(text, "PRIVATE KEY");
  if (!blocks) return blocks.error();
  if (blocks->empty()) return store_error("the PEM text has no private key");
  if (blocks->size() > 1) {
    return store_error(
        fmt::format("the PEM text has {} private keys, one is expected", blocks->size()));
  }
  const auto& block = blocks->front();
  if (block.label != "PRIVATE KEY" && block.label != "ENCRYPTED PRIVATE KEY") {
    return store_error(fmt::format(
        "the private key is a \"{}\"; like Java kferry reads PKCS#8 (\"PRIVATE KEY\" or "
        "\"ENCRYPTED PRIVATE KEY\"): {}",
        block.label.substr(0, k_label_bytes_shown), conversion(encrypted)));
  }
  return block;
}

Result<Secret> open_key(const Secret& der, const Secret& password) {
  const auto* position = reinterpret_cast<const unsigned char*>(der.reveal().data());
  const EncryptedKeyHandle sealed(
      d2i_X509_SIG(nullptr, &position, static_cast<long>(der.reveal().size())));
  if (!sealed) {
    forget_openssl_errors();
    return store_error(
        "the private key is not encrypted, but ssl.key.password is set, which Java "
        "refuses: remove ssl.key.password");
  }
  const auto library = CryptoLibrary::open();
  if (!library) return library.error();
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(sealed.get(), &algorithm, nullptr);
  IterationBudget budget(k_pbe_iterations_max, k_pbe_iterations_max);
  if (auto admitted = admit_encryption(algorithm, *library, budget); !admitted) {
    return store_error("the private key can not be opened: " + admitted.error().text);
  }
  auto key = decrypt_private_key(sealed.get(), password, *library);
  if (key.empty()) {
    return store_error(
        "the private key can not be decrypted: ssl.key.password is wrong, or the key is damaged");
  }
  return key;
}

}  // namespace

bool is_pem(std::string_view text) noexcept { return text.find(k_begin) != std::string_view::npos; }

Result<std::vector<std::string>> read_pem_certificates(std::string_view text) {
  const auto blocks = blocks_of(text, "CERTIFICATE");
  if (!blocks) return blocks.error();
  std::vector<std::string> certificates;
  for (const auto& block : *blocks) {
    const auto der = decode_base64(without_headers(block.body));
    const auto certificate = der ? parse_certificate(der->reveal()) : nullptr;
    if (!certificate) {
      return store_error(
          fmt::format("certificate {} of the PEM text can not be read: copy it again",
                      certificates.size() + 1));
    }
    certificates.push_back(certificate_der(certificate.get()));
  }
  if (certificates.empty()) return store_error("the PEM text has no certificate");
  return certificates;
}

Result<Secret> read_pem_private_key(std::string_view text, const std::optional<Secret>& password) {
  const auto block = private_key_block(text, password.has_value());
  if (!block) return block.error();
  auto der = decode_base64(without_headers(block->body));
  if (!der) return store_error("the private key's Base64 is damaged: copy it again");
  if (!password && block->label == "ENCRYPTED PRIVATE KEY") {
    return store_error("the private key is encrypted: set ssl.key.password");
  }
  auto key = password ? open_key(*der, *password) : Result<Secret>(std::move(*der));
  if (!key) return key;
  if (!parse_private_key(*key)) {
    return store_error("the private key can not be read: it is damaged or of an unknown algorithm");
  }
  return key;
}

Result<StoreContent> read_pem(std::string_view text, const StoreRequest& request) {
  auto certificates = read_pem_certificates(text);
  if (!certificates) return certificates.error();
  StoreContent content;
  const auto keys = blocks_of(text, "PRIVATE KEY");
  if (!keys) return keys.error();
  if (request.open_keys && !keys->empty()) {
    auto key = read_pem_private_key(text, request.key_password);
    if (!key) return key.error();
    content.entries.push_back({"kafka", std::move(*certificates), std::move(*key)});
    return content;
  }
  for (auto& der : *certificates) {
    content.entries.push_back(
        {fmt::format("kafka{}", content.entries.size()), {std::move(der)}, std::nullopt});
  }
  return content;
}

}  // namespace kferry::security
