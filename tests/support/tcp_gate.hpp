// A failing network between a test and its servers, the chaos command's own: see chaos/tcp_gate.hpp.
#pragma once

#include "chaos/tcp_gate.hpp"

namespace wxpipe::support {

using chaos::TcpGate;
using chaos::Toward;

}  // namespace wxpipe::support
