#pragma once

namespace kferry {

/// What the process tells its caller; numbers after sysexits.h where it has one.
enum class ExitCode : int {
  ok = 0,               ///< done, or drained
  usage = 64,           ///< the command line is wrong
  data_lost = 65,       ///< source data was lost under a policy that stops
  unreachable = 69,     ///< a cluster does not answer (one-shot commands only)
  bug = 70,             ///< an invariant of ours is broken
  send_failed = 74,     ///< a record can not be sent and the policy is to exit
  try_again = 75,       ///< temporary: the same call may succeed later
  not_authorized = 77,  ///< a cluster refuses the credentials or the right
  configuration = 78,   ///< files or options do not fit the clusters or each other
};

}  // namespace kferry
