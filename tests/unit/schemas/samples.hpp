// Random and completely filled values of each contract, for the codec tests and the schema check.
#pragma once

#include "schemas/event_id.hpp"
#include "schemas/facts/custody_mark.hpp"
#include "schemas/facts/dead_letter.hpp"
#include "schemas/facts/event.hpp"
#include "schemas/registry.hpp"

namespace wxpipe::schemas::samples {

using namespace std::chrono_literals;

inline Timestamp noon() { return Timestamp(1732082433s); }

inline Event event() {
  Event e;
  e.raw = "<xml><Content><![CDATA[\"你好\"\n\\ \t\x01 <b>]]></Content></xml>";
  e.id = event_id("shop", "wx01", "", e.raw, noon());
  e.identity = "shop|msg|5832828233808572154";
  e.type = "message.text";
  e.category = "message";
  e.platform = "wechat";
  e.account = "shop";
  e.tenant = "wx01";
  e.subject = "oABCD";
  e.msg_type = "text";
  e.event = "Event";
  e.change_type = "Change";
  e.msg_id = "5832828233808572154";
  e.sender = "oABCD";
  e.recipient = "gh_01";
  e.conversation = "wrChat";
  e.content = "\"你好\"\n\\ \t\x01 <b>";
  e.reply = "欢迎";
  e.occurred_at = noon();
  e.received_at = noon() + 412907us;
  e.timeless = true;
  e.attributes = {
      {"EventKey", "PRICE"}, {"PicList.item.PicMd5Sum", "a"}, {"PicList.item.PicMd5Sum", "b"}, {"Empty", ""}};
  e.receipt = "edge-1/boot/42";
  e.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  e.body_bytes = "<xml>\xE5</xml>";
  e.normaliser = 3;
  return e;
}

inline FollowerChanged follower() {
  return {origin_of(event()), "zhangsan", "added", "following", 1, "poster", "线下海报"};
}

inline LeadActivity lead_activity() {
  return {origin_of(event()),
          derived_id(event().id, "rule:form"),
          "form",
          "intent",
          -7,
          20,
          30,
          "表单 \"报价\"",
          {{"contact_name", "张三"}, {"contact_phone", "13800000000"}}};
}

inline LogWritten log() {
  return {origin_of(event()), derived_id(event().id, "log"), "warn", "wechat", "audit", "audit.failed", "审核未通过",
          {{"Reason", "x"}}};
}

inline DuplicateMet duplicate() { return duplicate_of(event()); }

inline DeadLetter dead_letter() {
  DeadLetter d;
  d.body = std::string("\x00\xff\xfe<xml>", 8);
  d.id = record_dead_letter_id("process", "wxpipe.events.v1", 3, 77, d.body);
  d.occurred_at = noon();
  d.failed_at = noon() + 1s;
  d.stage = "process";
  d.reason = Reason::unreadable_record;
  d.detail = "not JSON";
  d.sqlstate = "22P05";
  d.account = "shop";
  d.event_id = event().id;
  d.topic = "wxpipe.events.v1";
  d.partition = 3;
  d.offset = 77;
  d.key = "shop||oABCD";
  d.context = {{"query", "a=b&c=d"}};
  d.receipt = "edge-1/boot/42";
  d.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  return d;
}

// One of everything: both ways of being durable, voids, runs and single receipts.
inline CustodyMark custody_mark() {
  CustodyMark mark;
  mark.instance = "edge-1";
  mark.boot = "19ab1f5b2c0";
  mark.number = 7;
  mark.marked_at = noon() + 61s + 17us;
  mark.last = true;
  mark.first = 1'000;
  mark.next = 1'417;
  mark.spool_events = 3;
  mark.received_from = noon() + 26s + 999999us;
  mark.received_to = noon() + 60s;
  mark.acknowledged = {{"shop", noon() - 33s, false, 15}, {"店铺", noon() + 27s, true, 400}};
  mark.outcomes = {{1, 1}, {0, 1}, {1, 14}, {2, 400}, {0, 1}};
  return mark;
}

}  // namespace wxpipe::schemas::samples
