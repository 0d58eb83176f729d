// A webhook taken apart, so that a declaration's parts can be looked up. Borrows the callback. Each part is read when
// it is first asked for. One per callback; one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/callback.hpp"
#include "ingest/document.hpp"
#include "ingest/senders/part.hpp"

namespace wxpipe::ingest::senders {

class Incoming {
 public:
  explicit Incoming(const Callback& callback) : callback_(callback) {}

  // Why its query can't be read: broken, or a parameter comes twice.
  std::optional<Refusal> read_query();

  struct Value {
    enum class Outcome { found, missing, repeated };
    Outcome outcome = Outcome::missing;
    std::string_view text{};
    bool found() const { return outcome == Outcome::found; }
  };
  // A part of the request itself. Views are valid as long as the Incoming and `part`. Not for `secret` and `document`.
  Value value(const Part& part);
  // Which parameter `form` leaves out: the proof.
  void leave_out_of_form(std::string_view name) { left_out_ = name; }

  bool is_form();
  // False: a form that can't be decoded, or that has too many parameters.
  bool form_is_readable();
  // The form as the text of a JSON object, in its order. For forms only.
  std::string form_as_json();

 private:
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  static Value only(const Parameters& parameters, std::string_view name);
  std::string_view own_header(std::string_view name) const;
  const Parameters& form();
  const Document* json();
  std::string_view whole_form();

  const Callback& callback_;
  Parameters query_;
  std::unique_ptr<Parameters> form_;
  std::unique_ptr<Result<Document>> json_;
  std::string whole_form_, left_out_;
};

// The value under the path in a document, and in the JSON text it was parsed from, which a path with [key=value] needs.
// `selected` is memory for it. Null: there is none.
std::optional<std::string_view> value_at(std::string_view path, const Document& document, std::string_view text,
                                         std::string& selected);

}  // namespace wxpipe::ingest::senders
