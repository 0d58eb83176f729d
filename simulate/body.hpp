// Writes a callback's body field by field, as XML or JSON: the platforms have one list of fields in two notations.
//   BodyWriter body(BodyFormat::xml);  body.text("MsgType", "event");  body.number("CreateTime", 1409659813);
//   body.finish()  gives  <xml><MsgType><![CDATA[event]]></MsgType><CreateTime>1409659813</CreateTime></xml>
// Names must be literals: the writer keeps views of the open ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::simulate {

enum class BodyFormat { xml, json };

// A field that somebody asked for: it replaces the one that is written, or is added where it belongs.
struct WantedField {
  std::string path;  // "EventKey", "ScanCodeInfo.ScanResult"; a list's items have the list's name
  std::string value;
  bool written = false;
};

class BodyWriter {
 public:
  // wanted must outlive the writer.
  explicit BodyWriter(BodyFormat format, std::vector<WantedField>* wanted = nullptr);

  BodyFormat format() const { return format_; }
  size_t size() const { return out_.size(); }
  void text(std::string_view name, std::string_view value);   // CDATA; a JSON string
  void number(std::string_view name, int64_t value);          // without quotes or CDATA
  void bare(std::string_view name, std::string_view number);  // a number already written as text: 23.137466

  void open(std::string_view name);  // an object
  void close();
  // A list: repeated elements in XML, an array in JSON. Between begin_list and end_list, call open_item and close for
  // each item.
  void begin_list(std::string_view name);
  void open_item();
  void end_list();
  void text_item(std::string_view value);
  void number_item(int64_t value);

  std::string finish();

 private:
  const std::string* wanted(std::string_view name);
  void add_wanted();
  void write_text(std::string_view name, std::string_view value);
  void json_name(std::string_view name);
  void open_tag(std::string_view name);
  void close_tag(std::string_view name);
  void comma();

  BodyFormat format_;
  std::string out_;
  std::vector<std::string_view> open_;  // elements not closed yet
  std::string_view list_;               // the name of the list's items
  std::vector<WantedField>* wanted_;
};

}  // namespace wxpipe::simulate
