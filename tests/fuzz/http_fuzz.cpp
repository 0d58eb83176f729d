// Any bytes on a connection. What we cut out of them as requests must be what llhttp, the parser of Node.js, cuts out
// of them: the same number, with the same methods, targets and bodies. Where two readers of one connection see
// different requests, one of them can be made to pass on what the other never looked at. We may refuse what llhttp
// takes. The first byte says in which pieces the rest comes to us: that must change nothing.
#include <llhttp.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ingest/http/framing.hpp"
#include "ingest/http/request.hpp"
#include "tests/fuzz/check.hpp"

namespace {

using namespace wxpipe::ingest;

struct Message {
  std::string method, target, body;
  bool operator==(const Message&) const = default;
};

// As the server does: nothing is read behind a refusal, nor behind the last request of a connection.
std::vector<Message> by_us(std::string_view bytes, size_t piece) {
  http::Framing framing(16 << 10, 1 << 20);
  std::vector<Message> messages;
  framing.next();
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    std::string read(bytes.substr(0, piece));
    framing.take(read);
    for (; framing.done(); framing.next()) {
      if (framing.refusal()) return messages;
      const http::Request& request = framing.request();
      std::string scratch;
      Callback callback;
      if (!http::read_callback(request, scratch, callback))
        check(!callback.account.empty() && callback.account.size() <= request.target.size(),
              "a callback has an account");
      messages.push_back({std::string(request.method), std::string(request.target), std::string(request.body)});
      if (!framing.keep_alive()) return messages;
    }
    read.assign(read.size(), '?');  // the server reads other connections into the same buffer
  }
  return messages;
}

// llhttp's view. `judges` is false when it gave up for a reason that says nothing of where a request ends: it has a
// list of methods, and an idea of what a target may hold.
class Reference {
 public:
  explicit Reference(std::string_view bytes) {
    llhttp_settings_t callbacks;
    llhttp_settings_init(&callbacks);
    callbacks.on_message_begin = [](llhttp_t* parser) { return self(parser).begin(); };
    callbacks.on_url = [](llhttp_t* parser, const char* at, size_t size) {
      self(parser).current_.target.append(at, size);
      return 0;
    };
    callbacks.on_body = [](llhttp_t* parser, const char* at, size_t size) {
      self(parser).current_.body.append(at, size);
      return 0;
    };
    callbacks.on_message_complete = [](llhttp_t* parser) { return self(parser).complete(parser); };
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &callbacks);
    parser.data = this;
    auto error = llhttp_execute(&parser, bytes.data(), bytes.size());
    while (error == HPE_PAUSED_UPGRADE) {  // we never change the protocol, so we read on
      const char* const at = llhttp_get_error_pos(&parser);
      llhttp_resume_after_upgrade(&parser);
      error = llhttp_execute(&parser, at, static_cast<size_t>(bytes.data() + bytes.size() - at));
    }
    judges_ = error != HPE_INVALID_METHOD && error != HPE_INVALID_URL && error != HPE_INVALID_VERSION &&
              error != HPE_INVALID_CONSTANT;
  }

  const std::vector<Message>& messages() const { return messages_; }
  bool judges() const { return judges_; }

 private:
  static Reference& self(llhttp_t* parser) { return *static_cast<Reference*>(parser->data); }
  int begin() {
    current_ = {};
    return 0;
  }
  int complete(llhttp_t* parser) {
    current_.method = llhttp_method_name(static_cast<llhttp_method_t>(llhttp_get_method(parser)));
    messages_.push_back(std::move(current_));
    return 0;
  }

  Message current_;
  std::vector<Message> messages_;
  bool judges_ = true;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto ours = by_us(bytes, std::max<size_t>(bytes.size(), 1));
  check(by_us(bytes, 1 + data[0]) == ours, "it doesn't matter in which pieces requests come");

  const Reference reference(bytes);
  const auto& theirs = reference.messages();
  const auto both = static_cast<std::ptrdiff_t>(std::min(ours.size(), theirs.size()));
  check(std::equal(ours.begin(), ours.begin() + both, theirs.begin()), "both see the same requests");
  if (reference.judges()) check(ours.size() <= theirs.size(), "we see no request that isn't one");
  return 0;
}
