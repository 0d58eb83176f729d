// A raw HTTP client for tests: see chaos/http_client.hpp.
#pragma once

#include "chaos/http_client.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/socket.hpp"

namespace wxpipe::support {

using chaos::HttpClient;
using chaos::HttpError;
using chaos::HttpHeaders;
using chaos::HttpRequest;
using chaos::HttpResponse;
using chaos::to_bytes;

}  // namespace wxpipe::support
