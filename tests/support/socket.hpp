// TCP sockets, as the chaos command has them: see chaos/socket.hpp.
#pragma once

#include "chaos/socket.hpp"

namespace wxpipe::support {

using chaos::Socket;
using chaos::connecting;
using chaos::connected;
using chaos::bound;
using chaos::listening;
using chaos::local_port;

}  // namespace wxpipe::support
