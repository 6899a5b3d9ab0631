#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "kferry/base/secret.hpp"
#include "security/wiped_bytes.hpp"

/// Java's chars: UTF-16, with the pairs of surrogates that stand for one character beyond it.
namespace kferry::security {

/// A password as the big-endian bytes of its chars; nothing when it is not UTF-8.
std::optional<WipedBytes> to_utf16be(const Secret& text);

/// DataInputStream.readUTF's bytes (a zero in two bytes, surrogates one by one) to UTF-8; nothing
/// when they are malformed.
std::optional<std::string> from_modified_utf8(std::string_view bytes);

}  // namespace kferry::security
