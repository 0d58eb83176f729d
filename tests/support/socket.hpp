// TCP sockets, as the chaos command has them: see chaos/socket.hpp.
#pragma once

#include "chaos/socket.hpp"

namespace wxpipe::support {

using chaos::bound;
using chaos::connected;
using chaos::connecting;
using chaos::listening;
using chaos::local_port;
using chaos::Socket;

}  // namespace wxpipe::support
