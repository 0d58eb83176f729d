#include "common/http/url.hpp"

#include <gtest/gtest.h>

namespace wxpipe::http {
namespace {

TEST(Url, IsTakenApart) {
  EXPECT_EQ(parse_url("http://127.0.0.1:8080"), (Url{false, "127.0.0.1", "8080", "127.0.0.1:8080", ""}));
  EXPECT_EQ(parse_url("https://hooks.example.com/wx/"),
            (Url{true, "hooks.example.com", "443", "hooks.example.com", "/wx"}));
  EXPECT_EQ(parse_url("http://[::1]:9000"), (Url{false, "::1", "9000", "[::1]:9000", ""}));
  for (const char* wrong : {"", "127.0.0.1:8080", "ftp://host", "http://", "http://host:port",
                            "http://host:", "http://host:65536", "http://ho st", "http://host/?a=b", "http://me@host"})
    EXPECT_EQ(parse_url(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace wxpipe::http
