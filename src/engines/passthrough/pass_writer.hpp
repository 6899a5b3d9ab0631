#pragma once

#include <memory>

#include "engines/passthrough/stream_loop.hpp"
#include "kferry/engines/passthrough/passthrough_engine.hpp"

namespace kferry::engines::passthrough {

/// The loop outlives the writer.
std::unique_ptr<pipeline::Writer> make_writer(StreamLoop& loop, TargetOptions options);

}  // namespace kferry::engines::passthrough
