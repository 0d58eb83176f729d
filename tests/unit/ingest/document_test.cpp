#include "ingest/document.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wxpipe::ingest {

void PrintTo(const Field& field, std::ostream* out) { *out << field.path << " = " << field.value; }

namespace {

using testing::ElementsAre;
using Fields = std::vector<Field>;

// Keeps the document alive with its fields.
struct Read {
  explicit Read(std::string_view body) : document(parse_document(body).value()) {}
  Document document;
  Fields fields() const { return {document.fields().begin(), document.fields().end()}; }
};

Reason reason(std::string_view body) {
  const auto document = parse_document(body);
  if (document) throw std::logic_error("was read: " + std::string(body.substr(0, 100)));
  return document.error().reason;
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Document, GivesTheSameFieldsForXmlAndJson) {
  const Fields expected{
      {"MsgType", "event"}, {"ScanCodeInfo.ScanType", "qrcode"}, {"ScanCodeInfo.ScanResult", "1"}, {"Empty", ""}};
  const Read xml(
      "<xml><MsgType><![CDATA[event]]></MsgType><ScanCodeInfo><ScanType>qrcode</ScanType>"
      "<ScanResult>1</ScanResult></ScanCodeInfo><Empty></Empty></xml>");
  const Read json(R"({"MsgType":"event","ScanCodeInfo":{"ScanType":"qrcode","ScanResult":1},"Gone":null,"Empty":""})");
  EXPECT_EQ(xml.fields(), expected);
  EXPECT_EQ(json.fields(), expected);
  EXPECT_EQ(xml.document.format(), DocumentFormat::xml);
  EXPECT_EQ(json.document.format(), DocumentFormat::json);
  EXPECT_EQ(xml.document.value("ScanCodeInfo.ScanType"), "qrcode");
  EXPECT_EQ(xml.document.value("scancodeinfo.scantype"), "");
  EXPECT_TRUE(xml.document.has("Empty"));
  EXPECT_FALSE(json.document.has("Gone"));
}

TEST(Document, ListsRepeatTheirPath) {
  EXPECT_THAT(Read("<xml><L><Item><Id>1</Id></Item><Item><Id>2</Id></Item></L><K>a</K><K>b</K></xml>").fields(),
              ElementsAre(Field{"L.Item.Id", "1"}, Field{"L.Item.Id", "2"}, Field{"K", "a"}, Field{"K", "b"}));
  EXPECT_THAT(Read(R"({"L":[{"Id":1},{"Id":2}],"K":["a",["b"]],"K":"c","None":[],"Nothing":{}})").fields(),
              ElementsAre(Field{"L.Id", "1"}, Field{"L.Id", "2"}, Field{"K", "a"}, Field{"K", "b"}, Field{"K", "c"},
                          Field{"None", ""}, Field{"Nothing", ""}));
}

TEST(Document, NumbersKeepTheirSpelling) {
  EXPECT_THAT(
      Read(R"({"a":4561255354251345929,"b":99999999999999999999999,"c":-1.50e+3,"d":true,"e" : 1409659813 })").fields(),
      ElementsAre(Field{"a", "4561255354251345929"}, Field{"b", "99999999999999999999999"}, Field{"c", "-1.50e+3"},
                  Field{"d", "true"}, Field{"e", "1409659813"}));
}

TEST(Document, JoinsTextAroundCdataAndLeavesBlanksInside) {
  EXPECT_THAT(
      Read("<xml><A>\n  <![CDATA[ x ]]>\n</A><B><![CDATA[a]]]]><![CDATA[>b]]></B><C> y </C><D>1<!-- no -->2</D></xml >")
          .fields(),
      ElementsAre(Field{"A", " x "}, Field{"B", "a]]>b"}, Field{"C", " y "}, Field{"D", "12"}));
}

TEST(Document, ResolvesReferencesOutsideCdataOnly) {
  EXPECT_THAT(
      Read("<xml><A>&lt;b&gt; &amp;amp; &quot;&apos;&#20013;&#x1F600;</A><B><![CDATA[&lt;&#0;]]></B><C>a &nbsp; & b &; "
           "&#; &#xZ;</C></xml>")
          .fields(),
      ElementsAre(Field{"A", "<b> &amp; \"'中😀"}, Field{"B", "&lt;&#0;"}, Field{"C", "a &nbsp; & b &; &#; &#xZ;"}));
  const Read strange("<xml><A>&#0;&#xD800;&#x110000;&#99999999999;&#x1d;</A></xml>");
  EXPECT_EQ(strange.document.value("A"), "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_TRUE(strange.document.sanitised());
}

TEST(Document, ResolvesJsonEscapesInKeysAndTexts) {
  EXPECT_THAT(Read(R"({"a\/b":"\"\\\/\b\f\n\r\t\u4e2d\ud83d\ude00","":1,"x":{"":"y"}})").fields(),
              ElementsAre(Field{"a/b", "\"\\/\b\f\n\r\t中😀"}, Field{"value", "1"}, Field{"x.value", "y"}));
}

TEST(Document, ReplacesWhatPostgresCannotHoldAndSaysSo) {
  const Read xml(
      "<xml><Content><![CDATA[ \x1d"
      "c]]></Content></xml>");
  EXPECT_EQ(xml.document.value("Content"), " \uFFFDc");
  EXPECT_TRUE(xml.document.sanitised());
  const Read json(R"({"a":"x\u0000y\ud800z\udc00","b":")"
                  "\x02"
                  R"("})");
  EXPECT_EQ(json.fields(), (Fields{{"a", "x\uFFFDy\uFFFDz\uFFFD"}, {"b", "\uFFFD"}}));
  EXPECT_TRUE(json.document.sanitised());
  EXPECT_FALSE(Read("<xml><A>\t\r\n\x7f 中</A></xml>").document.sanitised());
}

TEST(Document, ReplacesEachByteThatBelongsToNoCharacter) {
  const Read xml("<xml><A>\xE4\xB8\xAD\xE4\xB8</A><B>\xff\x80</B></xml>");
  EXPECT_EQ(xml.fields(), (Fields{{"A", "中\uFFFD\uFFFD"}, {"B", "\uFFFD\uFFFD"}}));
  EXPECT_TRUE(xml.document.sanitised());
  EXPECT_TRUE(xml.document.has_other_bytes());
  const Read json("{\"a\":\"\xc3\xF0\x9F\x98\x80\",\"b\":\"\xED\xA0\x80\xC0\x80\xF4\x90\x80\x80\"}");
  EXPECT_EQ(json.fields(), (Fields{{"a", "\uFFFD😀"}, {"b", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"}}));
  EXPECT_FALSE(Read("<xml><A>中\x01</A></xml>").document.has_other_bytes());
}

TEST(Document, WhatPeopleTypeEndsNoSection) {
  const auto content = [](std::string_view typed) {
    const std::string body = "<xml><Content><![CDATA[" + std::string(typed) + "]]></Content><MsgId>7</MsgId></xml>";
    const Read read(body);
    EXPECT_EQ(read.document.value("MsgId"), "7") << body;
    return std::string(read.document.value("Content"));
  };
  for (const auto* typed :
       {"a[b[0]]> 3", "<a><![CDATA[x]]></a>", "]]>", "]]>]]>", "]]>&amp;]]", "]]></Content>", "]]></xml>",
        "<Content><![CDATA[x]]></Content>", "]]></Content><MsgId>8</MsgId><Content><![CDATA[", "<![CDATA["})
    EXPECT_EQ(content(typed), typed);
  EXPECT_EQ(content("a]]]]><![CDATA[>b"), "a]]>b") << "a writer that does escape";
}

TEST(Document, ASectionEndsBeforeItsOwnEndTag) {
  EXPECT_THAT(
      Read("<xml><L><I><![CDATA[a]]>b]]></I><I><![CDATA[<b>]]></b>]]> </I><Content><![CDATA[x]]></Content></L>"
           "<L><Content><![CDATA[y]]></Content></L></xml>")
          .fields(),
      ElementsAre(Field{"L.I", "a]]>b"}, Field{"L.I", "<b>]]></b>"}, Field{"L.Content", "x"}, Field{"L.Content", "y"}));
  EXPECT_THAT(Read("<xml><A><![CDATA[x]]> y</A><A><![CDATA[z]]></A></xml>").fields(),
              ElementsAre(Field{"A", "x y"}, Field{"A", "z"}));
}

TEST(Document, ManySectionsInDoubtTakeLittleTime) {
  const std::string open = repeated("<a><![CDATA[x]]>y", 30'000);
  EXPECT_EQ(reason("<xml>" + open + "</xml>"), Reason::nested_too_deep);
  EXPECT_EQ(Read("<xml>" + repeated("<L><Content><![CDATA[x]]></Content></L>", 20'000) + "</xml>").fields().size(),
            20'000U);
}

// Within the test's time limit only if nothing is walked over once for each section.
TEST(Document, ManySectionsBeforeManyBlanksTakeLittleTime) {
  const auto body =
      "<x>" + repeated("<Content><![CDATA[]]></Content>", 60'000) + std::string(2'000'000, ' ') + "</Content></x>";
  EXPECT_EQ(reason(body), Reason::malformed_xml);
}

TEST(Document, LeavesBlanksAroundJsonKeysOut) {
  EXPECT_THAT(Read(R"({" OpenID":"o","a ":{"\tb":1}})").fields(), ElementsAre(Field{"OpenID", "o"}, Field{"a.b", "1"}));
}

TEST(Document, HasAPathForJsonWithoutNames) {
  EXPECT_THAT(Read(R"("text")").fields(), ElementsAre(Field{"value", "text"}));
  EXPECT_THAT(Read(" 12 ").fields(), ElementsAre(Field{"value", "12"}));
  EXPECT_THAT(Read(R"([1,{"a":2},[]])").fields(),
              ElementsAre(Field{"value", "1"}, Field{"a", "2"}, Field{"value", ""}));
  EXPECT_THAT(Read("[{}]").fields(), ElementsAre(Field{"value", ""}));
  EXPECT_THAT(Read("null").fields(), ElementsAre());
  EXPECT_THAT(Read("{}").fields(), ElementsAre());
  EXPECT_THAT(Read("<xml/>").fields(), ElementsAre());
  EXPECT_THAT(Read("<xml>hello</xml>").fields(), ElementsAre(Field{"value", "hello"}));
}

TEST(Document, SkipsAByteOrderMarkDeclarationAndLeadingBlanks) {
  EXPECT_THAT(Read("\xEF\xBB\xBF\n<?xml version=\"1.0\" encoding=\"gb2312\"?>\n<xml><A>1</A></xml>\n").fields(),
              ElementsAre(Field{"A", "1"}));
}

TEST(Document, FieldsOutliveAMove) {
  Document moved = parse_document("<xml><A><B>tiny</B></A></xml>").value();
  const Document second = std::move(moved);
  EXPECT_EQ(second.value("A.B"), "tiny");
}

TEST(Document, NamesTheReasonOfEachRefusal) {
  EXPECT_EQ(reason(std::string_view("<xml>\0</xml>", 12)), Reason::nul_byte);
  EXPECT_EQ(reason("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY y SYSTEM \"file:///etc/passwd\">]><xml>&y;</xml>"),
            Reason::doctype);
  EXPECT_EQ(reason("<xml><!DOCTYPE x></xml>"), Reason::doctype);
  for (const auto* body : {"", " \n", "hello", "<xml>", "<xml><a></xml>", "<xml></xml><xml></xml>", "<xml></xml>tail",
                           "<", "<!-- -->", "<xml><a", "<xml>< a></a></xml>"})
    EXPECT_EQ(reason(body), Reason::malformed_xml) << body;
  for (const auto* body : {"{",           "[",          "\"",          "{\"a\":1",        "{\"a\" 1}",
                           "{\"a\":01}",  "{\"a\":1x}", "{\"a\":tru}", "{\"a\":\"\\q\"}", "{\"a\":1}{}",
                           "{\"a\":1} x", "[1,]",       "[1 2]",       "{\"a\":\"b\"c}",  "nul",
                           "12 13",       "\"a\"b",     "{\"a\":-}",   "{\"a\":1.}",      "{\"a\":\"x\ny\"}",
                           "{a:1}",       "[1]]",       "\"\\",        "{\"a\":\"\\"})
    EXPECT_EQ(reason(body), Reason::malformed_json) << body;
}

TEST(Document, TextThatLooksLikeADoctypeIsText) {
  EXPECT_EQ(Read("<xml><A><![CDATA[<!DOCTYPE html>]]></A></xml>").document.value("A"), "<!DOCTYPE html>");
}

TEST(Document, LimitsNestingWithoutOverflowingTheStack) {
  EXPECT_EQ(Read(repeated("<a>", 32) + "x" + repeated("</a>", 32)).fields().size(), 1U);
  EXPECT_EQ(reason(repeated("<a>", 33) + "x" + repeated("</a>", 33)), Reason::nested_too_deep);
  EXPECT_EQ(Read(repeated("[", 32) + "1" + repeated("]", 32)).fields().size(), 1U);
  EXPECT_EQ(reason(repeated("[", 33) + "1" + repeated("]", 33)), Reason::nested_too_deep);
  constexpr int kMany = 300'000;
  EXPECT_EQ(reason(repeated("<a>", kMany) + repeated("</a>", kMany)), Reason::nested_too_deep);
  EXPECT_EQ(reason(repeated("<a>", kMany)), Reason::nested_too_deep);
  EXPECT_EQ(reason(repeated("[", kMany) + repeated("]", kMany)), Reason::nested_too_deep);
  EXPECT_EQ(reason(repeated("{\"a\":", kMany) + "1" + repeated("}", kMany)), Reason::nested_too_deep);
  EXPECT_EQ(reason(repeated("[", kMany)), Reason::nested_too_deep);
}

TEST(Document, LongNamesAboveManyLeavesAreBounded) {
  const std::string name(100'000, 'n');
  EXPECT_EQ(reason("<xml><" + name + ">" + repeated("<a/><b/>", 10'000) + "</" + name + "></xml>"), Reason::too_large);
  EXPECT_EQ(reason("{\"" + name + "\":{\"a\":1" + repeated(",\"a\":1", 10'000) + "}}"), Reason::too_large);
  EXPECT_EQ(reason("{\"" + name + "\":[{}" + repeated(",{}", 10'000) + "]}"), Reason::too_large);
}

}  // namespace
}  // namespace wxpipe::ingest
