#include "kferry/base/secret.hpp"

#include <string.h>

namespace kferry {

Secret::~Secret() {
  // The capacity, not the size: what a shorter assignment left behind is wiped as well.
  text_.resize(text_.capacity());
  ::explicit_bzero(text_.data(), text_.size());
}

}  // namespace kferry
