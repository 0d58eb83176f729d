// From callbacks to the tables that other systems know: every view of 0016_views_of_other_systems.sql is read, in its
// own names and codes.
#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {

class ViewsTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    wxpipe_ = start();
    ASSERT_TRUE(wxpipe_->ready()) << wxpipe_->readiness();
    client_ = std::make_unique<HttpClient>("127.0.0.1", wxpipe_->port().value());
  }
  void send(const Request& request) {
    const auto status = client_->send(http(request)).status;
    EXPECT_TRUE(status == 200 || status == 204) << status << ' ' << request.body;
    ++sent_;
  }
  void authorised(const std::string& body) {
    send(with_tenant(encrypted_request("authorised", body, {.receiveid = "wxcomponent"}), "wx77"));
  }
  void component(const std::string& info_type, Timestamp at) {
    send(encrypted_request(
        "component",
        fmt::format("<xml><AppId>wxcomponent</AppId><CreateTime>{}</CreateTime><InfoType>{}</InfoType>"
                    "<AuthorizerAppid>wx77</AuthorizerAppid></xml>",
                    seconds_text(at), info_type),
        {.receiveid = "wxcomponent"}));
  }
  void corp(const std::string& event, const std::string& more) {
    send(encrypted_request("corp", wework_event(event, more), {.receiveid = "wwcorp"}));
  }
  // A webhook of the instance; `minute` of its own clock says what is newer.
  void desk(const std::string& type, int minute, const std::string& data) {
    send(webhook_now(
        "desk",
        fmt::format(R"({{"type":"{}","timestamp":"2025-01-15T08:{:02}:00Z","data":{{{}}}}})", type, minute, data),
        fmt::format("msg_{}", sent_)));
  }
  void settle() {
    ASSERT_TRUE(settled(sent_)) << wxpipe_->log();
    // What is derived from the same callbacks comes through topics of its own.
    const auto behind = [&] {
      return count(
                 "(select 1 from messages m where m.type ~ '^(follower|contact)[.]' and not exists (select from "
                 "follower_history h where h.event_id = m.event_id)) e") +
             count(
                 "(select 1 from messages m where m.account = 'forms' and not exists (select from lead_activities a "
                 "where a.event_id = m.event_id)) e") +
             count(
                 "(select 1 from messages m where m.type ~ '^(contact|group|member|department|customer_tag|authorization)[.]' "
                 "and not exists (select from directory_history h where h.event_id = m.event_id)) e") +
             count(
                 "(select 1 from messages m where m.type ~ '^(receipt|outgoing|job)[.]' and not exists (select from "
                 "receipts r where r.event_id = m.event_id)) e") +
             count(
                 "(select 1 from messages m where m.platform = 'instance' and m.type ~ '^(instance|account)[.]' and m.category "
                 "= 'event' and not exists (select from instances i where i.account = m.account and i.login = case when m.type "
                 "like 'account.%' then m.recipient else '' end and i.last_seen_at >= m.occurred_at)) e") +
             count(
                 "(select 1 from messages m where m.platform = 'instance' and m.type like 'alert.%' and not exists (select "
                 "from alert_records r where r.account = m.account and r.alert_uuid = m.attributes #>> '{data,alert_uuid}' and "
                 "(m.type = 'alert.raised' or r.resolved_at is not null))) e");
    };
    ASSERT_EQ(eventually_equal(behind, 0), 0);
  }

  std::unique_ptr<RunningWxpipe> wxpipe_;
  std::unique_ptr<HttpClient> client_;
  int sent_ = 0;
};

TEST_F(ViewsTest, OfAnOfficialAccountsBackOffice) {
  const auto came = system_clock().now() - 100s, left = system_clock().now() - 50s;
  send(shop(mp_event("oAnna", "subscribe", "<EventKey><![CDATA[qrscene_1001]]></EventKey>", came)));
  send(shop(mp_event("oAnna", "unsubscribe", {}, left)));
  send(shop(mp_event("oAnna", "subscribe", {}, came + 1s)));
  send(shop(mp_event("oBert", "SCAN", "<EventKey>1001</EventKey>", came)));
  send(shop(mp_text("oBert", 101, "价格？")));
  settle();

  EXPECT_EQ(lines("select type, content, reply, open_id, account_id, wx_account from official_account.wechat_message "
                  "order by create_time, open_id"),
            (Lines{"(event,qrscene_1001,欢迎！,oAnna,gh_original,shop)", "(event,1001,,oBert,gh_original,shop)",
                   "(event,,欢迎！,oAnna,gh_original,shop)", "(event,,,oAnna,gh_original,shop)",
                   "(text,价格？,,oBert,gh_original,shop)"}));
  EXPECT_EQ(
      count("official_account.wechat_message w join messages m on m.event_id = w.wx_event_id where w.payload = m.body "
            "and w.id = wxpipe.id8(m.event_id) and w.id > 0 and w.create_time = m.occurred_at at time zone 'UTC'"),
      5);
  EXPECT_EQ(lines(fmt::format("select open_id, nick_name, state, chatbot_enabled, account_id, avatar, wx_channel, "
                              "extract(epoch from subscribe_time)::bigint - {0}, extract(epoch from "
                              "unsubscribe_time)::bigint - {0}, extract(epoch from create_time)::bigint - {0} from "
                              "official_account.wechat_follower order by open_id",
                              seconds_text(came))),
            (Lines{"(oAnna,,0,,gh_original,,门店海报,1,50,0)", "(oBert,,1,,gh_original,,门店海报,,,0)"}));
  EXPECT_EQ(lines(fmt::format("select s.state from wxpipe.follower_state('shop', '', 'oAnna', '', to_timestamp({})) s",
                              seconds_text(left - 1s))),
            Lines{"(following)"});
  EXPECT_EQ(lines("select subject, subscribe_count, unsubscribe_count, last_subscribed_at - first_subscribed_at, "
                  "first_scene, last_channel from follower_times order by subject"),
            (Lines{"(oAnna,2,1,00:00:01,1001,门店海报)", "(oBert,0,0,,1001,门店海报)"}));
}

TEST_F(ViewsTest, OfAManagerOfInstances) {
  const std::string login = R"("account":"wxid_desk1",)", chat = R"("chat_type":"private","chat_wxid":"wxid_c7",)";
  desk("contact.added", 1,
       login +
           R"("wxid":"wxid_c7","nickname":"王小明","gender":"male","add_source":"扫码","tags":["展会"],"level":"A")");
  desk("contact.updated", 9, login + R"("wxid":"wxid_c7","nickname":"王明","remark":"王总")");
  desk("contact.updated", 5, login + R"("wxid":"wxid_c7","nickname":"小王","region":"广州")");  // late, and older
  desk("contact.added", 1, login + R"("wxid":"wxid_c8","nickname":"李雷")");
  desk("contact.deleted_us", 2, login + R"("wxid":"wxid_c8","friend_status":"deleted")");
  desk("message.received", 10,
       login + chat + R"("message_uuid":"u1","sender_wxid":"wxid_c7","message_type":"text","content":"这个多少钱？")");
  desk(
      "message.sent", 11,
      login + chat +
          R"("message_uuid":"u2","sender_wxid":"wxid_desk1","message_type":"file","file_name":"报价单.pdf",)" +
          R"("media_url":"https://cdn/2.pdf","media_size":48213,"media_duration":"a while","parent_message_uuid":"u1")");
  desk("message.status", 13,
       login + R"("message_uuid":"u2","chat_wxid":"wxid_c7","send_status":"sent","task_uuid":"t1")");
  desk("message.status", 14,
       login + R"("message_uuid":"u2","chat_wxid":"wxid_c7","send_status":"sending","task_uuid":"t1")");
  desk("message.sent", 12,
       login + chat + R"("message_uuid":"u3","sender_wxid":"wxid_desk1","message_type":"text","content":"在吗")");
  desk(
      "message.status", 12,
      login +
          R"("message_uuid":"u3","chat_wxid":"wxid_c7","send_status":"failed","error_code":"45","error_message":"拒收")");
  desk("message.received", 15,
       login + R"("chat_type":"group","chat_wxid":"g1@chatroom","message_uuid":"u4","sender_wxid":"wxid_c7",)" +
           R"("message_type":"mini_program","at_members":["wxid_desk1"])");
  desk("group.created", 3,
       login + R"("group_wxid":"g1@chatroom","group_name":"老客户","owner_wxid":"wxid_desk1","member_count":2,)" +
           R"("members":[{"wxid":"wxid_desk1","role":"owner"},{"wxid":"wxid_c7","nickname":"王"}])");
  desk("group.updated", 8, login + R"("group_wxid":"g1@chatroom","group_name":"福利群","group_notice":"周五发券")");
  desk("group.member_joined", 6,
       login + R"("group_wxid":"g1@chatroom","member_count":3,"members":[{"wxid":"wxid_c9","invite_by":"wxid_c7"}])");
  desk("group.member_left", 7, login + R"("group_wxid":"g1@chatroom","members":[{"wxid":"wxid_c9"}])");
  desk("instance.heartbeat", 20,
       R"("instance_id":"instance-1","status":"online","current_accounts":7,"cpu_usage":21.5,"memory_usage":"high")");
  desk("instance.status_changed", 19, R"("instance_id":"instance-1","status":"error","version":"4.1")");
  desk("account.status_changed", 21, login + R"("status":"online")");
  desk("account.status_changed", 18, login + R"("status":"banned")");
  desk("account.updated", 17, login + R"("nickname":"客服小李","gender":"female","login_method":"qrcode")");
  desk("account.updated", 16, login + R"("nickname":"小李","phone":"13800138000")");  // late, and older
  desk(
      "instance.metrics", 20,
      R"("instance_id":"instance-1","metrics":[{"name":"disk","value":2048,"unit":"MB"},{"name":"queue","value":-3}])");
  desk(
      "task.finished", 22,
      login +
          R"("task_uuid":"t1","task_name":"群发","target_count":320,"success_count":317,"fail_count":3,"status":"finished")");
  desk(
      "alert.raised", 23,
      R"("instance_id":"instance-1","alert_uuid":"a1","level":"WARNING","title":"内存","message":"above 90 %","metric_name":"memory_usage","metric_value":93.1,"threshold_value":90)");
  desk("alert.raised", 23, R"("alert_uuid":"a2","title":"掉线")");
  desk("alert.resolved", 24, R"("alert_uuid":"a1","level":"WARNING","title":"内存")");
  corp("change_external_contact",
       "<ChangeType>add_external_contact</ChangeType><UserID>zhang</UserID><ExternalUserID>wmCustomer</ExternalUserID>"
       "<State>spring</State>");
  corp("change_external_chat",
       "<ChatId>wrGroup</ChatId><ChangeType>update</ChangeType><UpdateDetail>add_member</UpdateDetail>"
       "<JoinScene>3</JoinScene><MemChangeList>wmOne,wmTwo</MemChangeList>");
  send(encrypted_request("corp", kWeworkMessage, {.receiveid = "wwcorp"}));
  send(encrypted_json_request("robot", kBotMessage, {}));
  send(encrypted_request("corp", "<!DOCTYPE x><xml/>", {.receiveid = "wwcorp"}));
  settle();

  EXPECT_EQ(
      lines(
          "select message_uuid, chat_type, chat_wxid, message_type, message_content, media_url, media_size, media_duration, "
          "file_name, send_status, receive_time is not null, error_code, error_message, at_members, wx_account from "
          "wework.messages order by message_uuid"),
      (Lines{"(4561255354251345929,1,member,text,hello,,,,,2,f,,,,corp)", "(m1,1,lisi,text,hello,,,,,2,f,,,,robot)",
             "(u1,1,wxid_c7,text,这个多少钱？,,,,,2,f,,,,desk)",
             "(u2,1,wxid_c7,file,报价单.pdf,https://cdn/2.pdf,48213,,报价单.pdf,2,t,,,,desk)",
             "(u3,1,wxid_c7,text,在吗,,,,,3,f,45,拒收,,desk)",
             "(u4,2,g1@chatroom,card,,,,,,2,f,,,\"[\"\"wxid_desk1\"\"]\",desk)"}));
  EXPECT_EQ(
      lines(
          "select a.message_uuid, p.message_uuid, t.task_name, l.wxid from wework.messages a left join wework.messages p on "
          "p.id = a.parent_message_id left join wework.message_tasks t on t.id = a.task_id left join "
          "wework.wework_accounts l on l.id = a.account_id where a.message_uuid in ('u1', 'u2') order by 1"),
      (Lines{"(u1,,,wxid_desk1)", "(u2,u1,群发,wxid_desk1)"}));
  EXPECT_EQ(
      lines(
          "select wxid, nickname, remark, phone, gender, region, contact_type, friend_status, is_star, is_blocked, add_source, "
          "last_chat_time is not null, chat_count, tags, custom_fields, deleted_at, wx_owner from wework.contacts "
          "order by wxid"),
      (Lines{"(wmCustomer,,,,,,1,1,,,spring,f,0,,,,zhang)",
             "(wxid_c7,王明,王总,,1,广州,1,1,,,扫码,t,1,\"[\"\"展会\"\"]\",\"{\"\"level\"\": \"\"A\"\"}\",,wxid_desk1)",
             "(wxid_c8,李雷,,,,,1,2,,0,,f,0,,,,wxid_desk1)"}));
  EXPECT_EQ(count("wework.contacts c join wework.wework_accounts l on l.id = c.account_id"), 2);
  EXPECT_EQ(
      lines("select group_wxid, group_name, group_notice, member_count, owner_wxid, my_role, is_active, custom_fields, "
            "deleted_at, wx_account from wework.groups order by group_wxid"),
      (Lines{"(g1@chatroom,福利群,周五发券,3,wxid_desk1,1,1,,,desk)", "(wrGroup,,,,,,1,,,corp)"}));
  EXPECT_EQ(
      lines(
          "select g.group_wxid, m.member_wxid, m.member_nickname, m.role, m.invite_by, m.is_active, m.left_at is not null, "
          "m.speak_count from wework.group_members m join wework.groups g on g.id = m.group_id order by 1, 2"),
      (Lines{"(g1@chatroom,wxid_c7,王,,,1,f,1)", "(g1@chatroom,wxid_c9,,,wxid_c7,0,t,0)",
             "(g1@chatroom,wxid_desk1,,1,,1,f,0)", "(wrGroup,wmOne,,,,1,f,0)", "(wrGroup,wmTwo,,,,1,f,0)"}));
  EXPECT_EQ(
      lines("select instance_uuid, name, version, status, webhook_url, current_accounts, last_heartbeat is not null, "
            "total_messages, today_messages from wework.wework_instances"),
      Lines{"(instance-1,desk,4.1,1,/callback/desk,7,t,4,0)"})
      << "by the sender's clock they wrote in 2025";
  EXPECT_EQ(lines("select i.name, m.metric_name, m.metric_value, m.metric_unit from wework.instance_monitors m join "
                  "wework.wework_instances i on i.id = m.instance_id order by 2"),
            (Lines{"(desk,cpu_usage,21.5000,%)", "(desk,disk,2048.0000,MB)", "(desk,queue,-3.0000,)"}));
  EXPECT_EQ(lines("select metric, collected_at at time zone 'UTC' from instance_monitors where metric = 'queue'"),
            Lines{"(queue,\"2025-01-15 08:20:00\")"});
  EXPECT_EQ(
      lines("select wxid, nickname, phone, gender, login_method, status, is_logged_in, last_login_time at time zone "
            "'UTC', contact_count, total_messages, today_messages from wework.wework_accounts"),
      Lines{"(wxid_desk1,客服小李,13800138000,2,qrcode,1,1,\"2025-01-15 08:21:00\",1,4,0)"});
  EXPECT_EQ(lines("select login, day, received, sent from traffic_days where account = 'desk' and received + sent > 0"),
            Lines{"(wxid_desk1,2025-01-15,2,2)"});
  EXPECT_EQ(
      lines(
          "select task_uuid, task_name, target_count, success_count, fail_count, progress, status, completed_at is not null "
          "from wework.message_tasks"),
      Lines{"(t1,群发,320,317,3,100.00,2,t)"});
  EXPECT_EQ(
      lines(
          "select t.task_uuid, r.receiver_wxid, m.message_uuid, r.send_status, r.error_code from wework.message_receivers r "
          "join wework.message_tasks t on t.id = r.task_id join wework.messages m on m.id = r.message_id"),
      Lines{"(t1,wxid_c7,u2,2,)"});
  EXPECT_EQ(
      lines(
          "select alert_uuid, rule_name, alert_level, alert_message, metric_value, threshold_value, source_type, source_id, "
          "status, resolved_at is not null from wework.alert_records order by 1"),
      (Lines{"(a1,内存,WARNING,\"above 90 %\",93.1000,90.0000,instance,instance-1,RESOLVED,t)",
             "(a2,掉线,,,,,instance,desk,ACTIVE,f)"}));
  EXPECT_EQ(
      lines(
          "select external_chat_id, channel_type, status, message_count, last_message_preview, "
          "first_response_at - created_at, wx_waiting_since - created_at, wx_owner from crm.conversations where wx_account "
          "= 'desk' order by 1"),
      (Lines{"(g1@chatroom,wechat_work,pending,1,,,00:00:00,wxid_desk1)",
             "(wxid_c7,wechat_work,active,3,在吗,00:01:00,,wxid_desk1)"}));
  EXPECT_EQ(count("crm.messages m join crm.conversations c on c.id = m.conversation_id"), 6);
  EXPECT_EQ(
      lines("select external_message_id, sender_type, status from crm.messages where wx_account = 'desk' order by 1"),
      (Lines{"(u1,customer,delivered)", "(u2,agent,sent)", "(u3,agent,failed)", "(u4,customer,delivered)"}));
  EXPECT_EQ(lines("select message_count, last_message_time is not null from wework.groups order by group_wxid"),
            (Lines{"(1,t)", "(,f)"}));
  EXPECT_EQ(lines("select tag_id, name, state from tags"), Lines{"(展会,展会,)"});
  database_->query("update instances set heartbeat_at = heartbeat_at - interval '2 minutes'");
  EXPECT_EQ(lines("select status from wework.wework_instances"), Lines{"(0)"}) << "silent for too long";
  ASSERT_EQ(eventually_equal([&] { return count("wework.system_logs where module = 'alert'"); }, 3), 3);
  EXPECT_EQ(
      lines(
          "select l.level, l.service, l.module, l.action, l.message, i.name from wework.system_logs l join "
          "wework.wework_instances i on i.id = l.instance_id where l.action = 'alert.raised' and l.message like '%掉线%'"),
      Lines{"(WARN,instance,alert,alert.raised,\"alert.raised: 掉线\",desk)"});

  ASSERT_EQ(command({"dlq", "drop", "--all", "--why", "a test", "--yes"}, {}, 60s).code(), 0);
  EXPECT_EQ(
      lines(
          "select operation, resource_type, operation_type, result, extra_info->>'affected', extra_info->>'reason' from "
          "wework.audit_logs"),
      Lines{"(\"dlq drop\",dead_letters,DELETE,SUCCESS,1,\"a test\")"});
  EXPECT_EQ(lines("select action, resource_type, resource_id, changes->>'affected', ip_address from crm.audit_logs"),
            Lines{"(\"dlq drop\",dead_letters,,1,)"});
}

// wxpipe's own rules, with thresholds that a test can wait for.
TEST_F(ViewsTest, OfAlertsThatComeAndGo) {
  wxpipe_->stop();
  wxpipe_ = start(
      {"run"},
      {{"WXPIPE_ALERTS__EVERY", "1s"}, {"WXPIPE_ALERTS__INSTANCE_SILENT", "2s"}, {"WXPIPE_ALERTS__DEAD_LETTERS", "1"}});
  ASSERT_TRUE(wxpipe_->ready()) << wxpipe_->readiness();
  client_ = std::make_unique<HttpClient>("127.0.0.1", wxpipe_->port().value());
  desk("instance.heartbeat", 20, R"("instance_id":"instance-1","status":"online")");
  send(encrypted_request("corp", "<!DOCTYPE x><xml/>", {.receiveid = "wwcorp"}));
  const auto rows = [&](const char* rule, const char* status) {
    return count(fmt::format("wework.alert_records where rule_name = '{}' and status = '{}'", rule, status));
  };
  ASSERT_EQ(eventually_equal([&] { return rows("instance_silent", "ACTIVE"); }, 1, 60s), 1) << wxpipe_->log();
  ASSERT_EQ(eventually_equal([&] { return rows("dead_letters", "ACTIVE"); }, 1, 60s), 1) << wxpipe_->log();
  EXPECT_EQ(
      lines(
          "select a.alert_level, a.source_type, a.source_id, i.instance_uuid, a.threshold_value, a.metric_value >= 2, "
          "a.wx_raised_at - i.last_heartbeat from wework.alert_records a join wework.wework_instances i on i.id = "
          "a.instance_id where a.rule_name = 'instance_silent'"),
      Lines{"(WARNING,instance,desk,instance-1,2.0000,t,00:00:02)"});
  desk("instance.heartbeat", 21, R"("instance_id":"instance-1","status":"online")");
  ASSERT_EQ(eventually_equal([&] { return rows("instance_silent", "RESOLVED"); }, 1, 60s), 1) << wxpipe_->log();
  EXPECT_EQ(rows("dead_letters", "ACTIVE"), 1);
}

TEST_F(ViewsTest, OfAThirdPartyPlatform) {
  const auto now = system_clock().now();
  authorised(mp_event("oEmil", "subscribe", {}, now - 100s));
  authorised(mp_event("oDora", "subscribe", {}, now - 100s));
  authorised(mp_event("oDora", "unsubscribe", {}, now - 50s));
  authorised(mp_text("oEmil", 105, "hello", now - 40s));
  authorised(mp_event("oEmil", "TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>success</Status>", now - 30s));
  authorised(mp_event("oEmil", "TEMPLATESENDJOBFINISH", "<MsgID>200163837</MsgID><Status>failed:user block</Status>",
                      now - 20s));
  authorised(mp_event(
      "oEmil", "subscribe_msg_sent_event",
      "<SubscribeMsgSentEvent><List><TemplateId>tA</TemplateId><MsgID>11</MsgID><ErrorCode>0</ErrorCode>"
      "<ErrorStatus>success</ErrorStatus></List><List><TemplateId>tB</TemplateId><MsgID>12</MsgID>"
      "<ErrorCode>1</ErrorCode><ErrorStatus>failed: system failed</ErrorStatus></List></SubscribeMsgSentEvent>",
      now - 10s));
  component("authorized", now - 300s);
  component("updateauthorized", now - 200s);
  settle();

  EXPECT_EQ(lines("select appid, to_user_name, from_user_name, msg_type, event, msg_id, status from "
                  "open_platform.wechat_message_receipt_records order by create_time, from_user_name, msg_id"),
            (Lines{"(wx77,gh_original,oDora,event,subscribe,,)", "(wx77,gh_original,oEmil,event,subscribe,,)",
                   "(wx77,gh_original,oDora,event,unsubscribe,,)", "(wx77,gh_original,oEmil,text,,105,)",
                   "(wx77,gh_original,oEmil,event,TEMPLATESENDJOBFINISH,200163836,1)",
                   "(wx77,gh_original,oEmil,event,TEMPLATESENDJOBFINISH,200163837,2)",
                   "(wx77,gh_original,oEmil,event,subscribe_msg_sent_event,11,1)",
                   "(wx77,gh_original,oEmil,event,subscribe_msg_sent_event,12,3)"}));
  EXPECT_EQ(
      count("(select distinct wechat_message_receipt_record_id from open_platform.wechat_message_receipt_records) r"),
      8);
  EXPECT_EQ(
      lines(
          "select a.appid, s.template_id, s.content, s.receiver_user, s.status, r.status from "
          "open_platform.account_message_send_records s join open_platform.official_accounts a using "
          "(official_account_id) join open_platform.wechat_message_receipt_records r on r.appid = a.appid and r.msg_id = "
          "s.wx_msg_id order by s.wx_msg_id"),
      (Lines{"(wx77,tA,,oEmil,1,1)", "(wx77,tB,,oEmil,1,3)", "(wx77,,,oEmil,1,1)", "(wx77,,,oEmil,1,2)"}));
  EXPECT_EQ(lines("select appid, status, extract(epoch from updated_at - created_at)::int, original_id, func_ids from "
                  "open_platform.official_accounts"),
            Lines{"(wx77,1,100,,)"});
  EXPECT_EQ(lines("select a.appid, u.openid, u.status from open_platform.official_account_users u join "
                  "open_platform.official_accounts a using (official_account_id) order by u.openid"),
            (Lines{"(wx77,oDora,-2)", "(wx77,oEmil,1)"}));

  component("unauthorized", now - 150s);
  settle();
  EXPECT_EQ(lines("select appid, status from open_platform.official_accounts"), Lines{"(wx77,-2)"});
}

// contacts, groups and so on, in our own names.
TEST_F(ViewsTest, OfTheDirectoryAndOfWhatWeSend) {
  corp("change_contact",
       "<ChangeType>create_user</ChangeType><UserID>chen</UserID><Name>陈默</Name><Department>1,2</Department>");
  corp("change_contact", "<ChangeType>update_user</ChangeType><UserID>chen</UserID><NewUserID>chenmo</NewUserID>");
  corp("change_contact", "<ChangeType>create_party</ChangeType><Id>2</Id><Name>门店</Name><ParentId>1</ParentId>");
  corp("change_contact", "<ChangeType>delete_party</ChangeType><Id>3</Id>");
  corp("change_external_tag", "<ChangeType>create</ChangeType><Id>et1</Id><TagType>tag</TagType>");
  corp("change_external_contact",
       "<ChangeType>add_external_contact</ChangeType><UserID>zhang</UserID><ExternalUserID>wm1</ExternalUserID>"
       "<State>spring</State>");
  corp("change_external_chat", "<ChatId>wr1</ChatId><ChangeType>create</ChangeType>");
  corp(
      "change_external_chat",
      "<ChatId>wr1</ChatId><ChangeType>update</ChangeType><UpdateDetail>del_member</UpdateDetail><QuitScene>1</QuitScene>"
      "<MemChangeList>wm1</MemChangeList>");
  component("authorized", system_clock().now() - 300s);
  send(encrypted_request("component", kTicket, {.receiveid = "wxcomponent"}));
  const std::string login = R"("account":"wxid_desk1",)";
  desk("message.status", 5, login + R"("message_uuid":"u1","chat_wxid":"c1","send_status":"sent","task_uuid":"t1")");
  desk("task.progress", 4, login + R"("task_uuid":"t1","success_count":1)");
  desk("task.created", 1,
       login + R"("task_uuid":"t1","task_name":"群发","target_count":2,"scheduled_time":"2026-01-01T00:00:00Z",)" +
           R"("receivers":[{"wxid":"c1"},{"wxid":"c2","variables":{"name":"王"}}])");
  const auto then = system_clock().now() - 100s;
  send(shop(mp_event("oAnna", "kf_create_session", "<KfAccount>anna@shop</KfAccount>", then)));
  send(shop(mp_event("oAnna", "kf_switch_session",
                     "<FromKfAccount>anna@shop</FromKfAccount><ToKfAccount>bob@shop</ToKfAccount>", then + 10s)));
  send(shop(mp_event("oAnna", "kf_close_session", "<KfAccount>bob@shop</KfAccount>", then + 20s)));
  send(shop(mp_event("oAnna", "kf_create_session", "<KfAccount>anna@shop</KfAccount>", then + 30s)));
  send(shop(mp_event("oAnna", "MASSSENDJOBFINISH",
                     "<MsgID>9</MsgID><Status>send success</Status><SentCount>3</SentCount>", then)));
  settle();
  ASSERT_EQ(eventually_equal([&] { return count("wxpipe.tickets"); }, 1), 1);

  EXPECT_EQ(lines("select user_id, state, name, departments, renamed_to, renamed_from from members order by user_id"),
            (Lines{"(chen,removed,陈默,\"1,2\",chenmo,)", "(chenmo,present,,,,chen)"}));
  EXPECT_EQ(lines("select department_id, state, name, parent_id, removed_at is not null from departments order by 1"),
            (Lines{"(2,present,门店,1,f)", "(3,removed,,,t)"}));
  EXPECT_EQ(lines("select tag_id, kind, tag_type, state from tags"), Lines{"(et1,tag,tag,present)"});
  EXPECT_EQ(lines("select subject, owner, state, source, added_at is not null from contacts"),
            Lines{"(wm1,zhang,following,spring,t)"});
  EXPECT_EQ(lines("select group_id, state, dismissed_at is not null from groups"), Lines{"(wr1,present,f)"});
  EXPECT_EQ(lines("select group_id, member, state, quit_scene, left_at is not null from group_members"),
            Lines{"(wr1,wm1,removed,1,t)"});
  EXPECT_EQ(lines("select tenant, state, granted_at is not null, permissions from authorizations"),
            Lines{"(wx77,granted,t,)"});
  EXPECT_EQ(lines("select account, kind, ticket like 'sealed:%' from wxpipe.tickets"),
            Lines{"(component,component,t)"});
  EXPECT_EQ(lines("select task_uuid, name, status, target_count, success_count from message_tasks"),
            Lines{"(t1,群发,running,2,1)"});
  EXPECT_EQ(lines("select receiver, status, message_uuid from message_receivers order by 1"),
            (Lines{"(c1,sent,u1)", "(c2,pending,)"}));
  EXPECT_EQ(lines("select status, scheduled_time is not null, progress from wework.message_tasks"),
            Lines{"(1,t,50.00)"});
  EXPECT_EQ(
      lines("select receiver_wxid, receiver_type, send_status, variables from wework.message_receivers order by 1"),
      (Lines{"(c1,1,2,)", "(c2,1,0,\"{\"\"name\"\": \"\"王\"\"}\")"}));
  EXPECT_EQ(lines("select kind, sent_as, status, told #>> '{SentCount,2}' from send_records where account = 'shop'"),
            Lines{"(mass,9,delivered,3)"});
  EXPECT_EQ(
      lines(
          "select number, closed_at - opened_at, transfers, first_agent, agent from conversation_sessions order by 1"),
      (Lines{"(1,00:00:20,1,anna@shop,bob@shop)", "(2,,0,anna@shop,anna@shop)"}));
}

TEST_F(ViewsTest, OfCallsAndOfLeads) {
  const auto form = [&](const std::string& type, const std::string& id, const std::string& data) {
    send(webhook_now(
        "forms", fmt::format(R"({{"type":"{}","timestamp":"2025-01-15T08:00:00Z","data":{{{}}}}})", type, data), id));
  };
  form(
      "form_submit", "f1",
      R"("contact_name":"王小明","contact_phone":"13800138000","utm_source":"baidu","message":"想要一份报价","url":"https://x/y")");
  send(shop(mp_event("oAnna", "subscribe")));
  send(shop(mp_text("oAnna", 101, "价格？")));
  send(encrypted_request("corp", "<!DOCTYPE x><xml/>", {.receiveid = "wwcorp"}));
  settle();
  ASSERT_EQ(eventually_equal([&] { return count("leads"); }, 2), 2);

  EXPECT_EQ(lines("select api_req_url, api_req_id ~ '^test/', api_req_parent_id = created_trace_id, api_resp_body, "
                  "api_resp_code, api_req_body_size = octet_length(api_req_body), del_flag, created_by from "
                  "tb_core.wt_api_channel_records order by 1, api_resp_body"),
            (Lines{"(/callback/corp,t,t,,doctype,,f,wxpipe)", "(/callback/forms,t,t,,stored,t,f,wxpipe)",
                   "(/callback/shop,t,t,欢迎！,stored,t,f,wxpipe)", "(/callback/shop,t,t,,stored,t,f,wxpipe)"}));
  EXPECT_EQ(lines("select source_platform, source_detail, utm_source, contact_name, contact_phone, score, status, "
                  "raw_data->>'contact_name', wx_account, wx_subject from crm.leads order by wx_account"),
            (Lines{"(other,https://x/y,baidu,王小明,13800138000,30,qualified,王小明,forms,13800138000)",
                   "(wechat_mp,,,,,15,new,,shop,oAnna)"}));
  EXPECT_EQ(
      lines(
          "select l.wx_subject, a.type, a.score_impact, a.metadata->'rules'->0->>'rule' from crm.lead_activities a join "
          "crm.leads l on l.id = a.lead_id order by 1"),
      (Lines{"(13800138000,form_submit,30,left_contact)", "(oAnna,message.text,15,asked_for_price)"}));
  EXPECT_EQ(lines("select sender_type, sender_id, content_type, content, status, external_message_id, wx_account from "
                  "crm.messages order by content"),
            (Lines{"(customer,oAnna,text,价格？,delivered,101,shop)", "(system,gh_original,text,欢迎！,sent,,shop)"}));
  EXPECT_EQ(count("(select distinct conversation_id from crm.messages) c"), 1)
      << "the reply is in the same conversation";
  ASSERT_EQ(eventually_equal([&] { return count("crm.channels"); }, 3), 3) << "by custody marks";
  EXPECT_EQ(
      lines("select name, platform, status, webhook_url, stats->>'callbacks_7_days' from crm.channels order by name"),
      (Lines{"(corp,,active,/callback/corp,1)", "(forms,other,active,/callback/forms,1)",
             "(shop,wechat_mp,active,/callback/shop,2)"}));
  EXPECT_EQ(
      lines("select account, status, last_seen_at is not null, callbacks_today, callbacks, messages_today, messages, "
            "open_alerts from account_status where account = 'shop'"),
      Lines{"(shop,active,t,2,2,2,2,0)"})
      << "a message and the reply to the subscription";
  EXPECT_EQ(lines("select c.name, l.wx_subject from crm.leads l join crm.channels c on c.id = l.channel_id order by 1"),
            (Lines{"(forms,13800138000)", "(shop,oAnna)"}));
}

// Senders write what they like where a number or a list belongs: a view shows null, and never fails.
TEST_F(ViewsTest, NeverFailOnWhatSendersWrite) {
  for (const auto* odd : {R"("x")", "12345678901234567890123", "-1e300", "[1,[2]]", R"({"a":{}})", "null", "true",
                          R"("2025-02-30T00:00:00Z")"}) {
    for (const auto* type :
         {"message.received", "message.sent", "message.status", "contact.added", "contact.updated", "group.created",
          "group.member_joined", "account.status_changed", "instance.heartbeat", "task.finished", "alert.raised"})
      send(webhook_now(
          "desk",
          fmt::format(
              R"({{"type":"{0}","timestamp":{1},"data":{{"account":"w","message_uuid":"u","chat_wxid":"c","wxid":"c",)"
              R"("group_wxid":"g","sender_wxid":"c","message_type":"text","task_uuid":"t","alert_uuid":"a","status":{1},)"
              R"("media_size":{1},"at_members":{1},"members":{1},"member_count":{1},"cpu_usage":{1},"tags":{1},)"
              R"("target_count":{1},"success_count":{1},"metric_value":{1},"send_status":{1},"chat_type":{1}}}}})",
              type, odd),
          fmt::format("odd_{}", sent_)));
    send(webhook_now("desk", fmt::format(R"({{"type":"instance.heartbeat","data":{}}})", odd),
                     fmt::format("odd_{}", sent_)));
  }
  settle();
  const auto views = database_->query(
      "select c.oid::regclass::text from pg_class c where c.relkind = 'v' and c.relnamespace in (select oid from pg_namespace "
      "where nspname in ('public', 'official_account', 'wework', 'open_platform', 'tb_core', 'records', 'crm')) order by 1");
  EXPECT_GT(views.size(), 20u);
  for (size_t i = 0; i < views.size(); ++i)
    EXPECT_NO_THROW(database_->query("select v::text from " + views.text(i, 0) + " v")) << views.text(i, 0);
}

}  // namespace
}  // namespace wxpipe::whole_path
