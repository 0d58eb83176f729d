#include "ingest/wework/normalize.hpp"

#include <array>

#include "ingest/catalogue.hpp"

namespace wxpipe::ingest::wework {
namespace {

constexpr std::array kEvents{
    EventRule{"add_schedule", "", "schedule.added", kFrom, "", "CalId ScheduleId T"},
    EventRule{"agree_external_userid_migration", "", "authorization.migration_agreed", kNobody, "", "AuthCorpId T"},
    EventRule{"app_email_change", "", "mail.received", kNobody, "", "ChangeType Amount T"},
    EventRule{"approve_special_auth", "", "authorization.special_granted", kNobody, "AuthType",
              "AuthCorpId AuthType T"},
    EventRule{"auto_activate", "", "licence.activated", kNobody, "",
              "ServiceCorpId AuthCorpId AccountList.ActiveCode T", "AccountList"},
    EventRule{"batch_job_result", "", "job.finished", kNobody, "BatchJob.ErrMsg ErrMsg", "BatchJob.JobId JobId"},
    EventRule{"book_meeting_room", "", "meeting_room.booked", kFrom, "", "MeetingRoomId BookingId T"},
    EventRule{"cancel_auth", "", "authorization.revoked", kNobody, "", "AuthCorpId AuthCode T"},
    EventRule{"cancel_meeting_room", "", "meeting_room.cancelled", kFrom, "", "MeetingRoomId BookingId T"},
    EventRule{"cancel_order", "", "licence.order_cancelled", kNobody, "", "PaidCorpId OrderId T"},
    EventRule{"cancel_special_auth", "", "authorization.special_revoked", kNobody, "AuthType", "AuthCorpId AuthType T"},
    EventRule{"change_app_admin", "", "application.admin_changed", kNobody, "", "AgentID AuthCorpId T"},
    EventRule{"change_auth", "", "authorization.updated", kNobody, "", "AuthCorpId AuthCode T"},
    EventRule{"change_chain", "", "chain.changed", kNobody, "", "ChangeType ChainId GroupIds.GroupId CorpIds.CorpId T",
              "GroupIds.GroupId CorpIds.CorpId"},
    EventRule{"change_contact", "create_party", "department.created", kNobody, "Name", "ChangeType Id T"},
    EventRule{"change_contact", "create_user", "member.created", "UserID", "Name", "ChangeType UserID T",
              "ExtAttr.Item"},
    EventRule{"change_contact", "delete_party", "department.deleted", kNobody, "", "ChangeType Id T"},
    EventRule{"change_contact", "delete_user", "member.deleted", "UserID", "", "ChangeType UserID T"},
    EventRule{"change_contact", "update_party", "department.updated", kNobody, "Name", "ChangeType Id T"},
    EventRule{"change_contact", "update_tag", "member_tag.updated", kNobody, "",
              "ChangeType TagId T AddUserItems DelUserItems AddPartyItems DelPartyItems"},
    EventRule{"change_contact", "update_user", "member.updated", "UserID", "Name", "ChangeType UserID NewUserID T",
              "ExtAttr.Item"},
    EventRule{"change_domain_ip", "", "security.domain_ip_changed", kNobody, "", "T"},
    EventRule{"change_edition", "", "licence.edition_changed", kNobody, "", "PaidCorpId T"},
    EventRule{"change_editon", "", "licence.edition_changed", kNobody, "", "PaidCorpId T"},
    EventRule{"change_external_chat", "create", "group.created", "ChatId", "", "ChatId ChangeType T"},
    EventRule{"change_external_chat", "dismiss", "group.dismissed", "ChatId", "", "ChatId ChangeType T"},
    EventRule{"change_external_chat", "update", "group.updated", "ChatId", "",
              "ChatId ChangeType UpdateDetail T CurMemVer MemChangeList MemChangeList.Item", "MemChangeList.Item"},
    EventRule{"change_external_contact", "add_external_contact", "contact.added", "ExternalUserID", "",
              "ChangeType UserID ExternalUserID T WelcomeCode"},
    EventRule{"change_external_contact", "add_half_external_contact", "contact.half_added", "ExternalUserID", "",
              "ChangeType UserID ExternalUserID T WelcomeCode"},
    EventRule{"change_external_contact", "del_external_contact", "contact.removed_by_member", "ExternalUserID", "",
              "ChangeType UserID ExternalUserID T"},
    EventRule{"change_external_contact", "del_follow_user", "contact.removed_by_customer", "ExternalUserID", "",
              "ChangeType UserID ExternalUserID T"},
    EventRule{"change_external_contact", "edit_external_contact", "contact.edited", "ExternalUserID", "",
              "ChangeType UserID ExternalUserID T"},
    EventRule{"change_external_contact", "msg_audit_approved", "contact.archive_approved", "ExternalUserID", "",
              "ChangeType UserID ExternalUserID T WelcomeCode"},
    EventRule{"change_external_contact", "transfer_fail", "contact.transfer_failed", "ExternalUserID", "FailReason",
              "ChangeType UserID ExternalUserID T FailReason"},
    EventRule{"change_external_tag", "create", "customer_tag.created", kNobody, "",
              "ChangeType TagType Id T StrategyId"},
    EventRule{"change_external_tag", "delete", "customer_tag.deleted", kNobody, "",
              "ChangeType TagType Id T StrategyId"},
    EventRule{"change_external_tag", "shuffle", "customer_tag.shuffled", kNobody, "",
              "ChangeType TagType Id T StrategyId"},
    EventRule{"change_external_tag", "update", "customer_tag.updated", kNobody, "",
              "ChangeType TagType Id T StrategyId"},
    EventRule{"change_order", "", "licence.order_changed", kNobody, "", "PaidCorpId OrderId T"},
    EventRule{"change_school_contact", "create_deparmtment", "school.department_created", kNobody, "",
              "ChangeType Id T"},
    EventRule{"change_school_contact", "create_department", "school.department_created", kNobody, "",
              "ChangeType Id T"},
    EventRule{"change_school_contact", "create_parent", "school.parent_created", kNobody, "", "ChangeType Id T"},
    EventRule{"change_school_contact", "create_student", "school.student_created", kNobody, "", "ChangeType Id T"},
    EventRule{"change_school_contact", "delete_deparmtment", "school.department_deleted", kNobody, "",
              "ChangeType Id T"},
    EventRule{"change_school_contact", "delete_department", "school.department_deleted", kNobody, "",
              "ChangeType Id T"},
    EventRule{"change_school_contact", "delete_parent", "school.parent_deleted", kNobody, "", "ChangeType Id T"},
    EventRule{"change_school_contact", "delete_student", "school.student_deleted", kNobody, "", "ChangeType Id T"},
    EventRule{"change_school_contact", "subscribe", "school.parent_subscribed", kNobody, "", "ChangeType Id T"},
    EventRule{"change_school_contact", "unsubscribe", "school.parent_unsubscribed", kNobody, "", "ChangeType Id T"},
    EventRule{"change_school_contact", "update_deparmtment", "school.department_updated", kNobody, "",
              "ChangeType Id T"},
    EventRule{"change_school_contact", "update_department", "school.department_updated", kNobody, "",
              "ChangeType Id T"},
    EventRule{"change_school_contact", "update_parent", "school.parent_updated", kNobody, "", "ChangeType Id T"},
    EventRule{"change_school_contact", "update_student", "school.student_updated", kNobody, "", "ChangeType Id T"},
    EventRule{"chat_archive_audit_approved_single", "", "contact.archive_approved", "ExternalUserID", "",
              "UserID ExternalUserID T"},
    EventRule{"chat_archive_export_finished", "", "archive.exported", kNobody, "", "AuthCorpId JobId T"},
    EventRule{"click", "", "menu.clicked", kFrom, "EventKey", ""},
    EventRule{"close_inactive_agent", "", "application.suspended", kNobody, "", "AgentID T"},
    EventRule{"conversation_new_message", "", "archive.available", kNobody, "", "AuthCorpId T"},
    EventRule{"corp_arch_auth", "", "authorization.structure_granted", kNobody, "", "AuthCorpId T"},
    EventRule{"create_auth", "", "authorization.granted", kNobody, "", "AuthCorpId AuthCode T"},
    EventRule{"customer_acquisition", "balance_exhausted", "acquisition.balance_exhausted", kNobody, "",
              "ChangeType T"},
    EventRule{"customer_acquisition", "balance_low", "acquisition.balance_low", kNobody, "", "ChangeType T"},
    EventRule{"customer_acquisition", "change_price", "acquisition.price_changed", kNobody, "", "ChangeType T"},
    EventRule{"customer_acquisition", "customer_start_chat", "acquisition.chat_started", "ExternalUserID", "",
              "ChangeType LinkId UserID ExternalUserID State T"},
    EventRule{"customer_acquisition", "delete_link", "acquisition.link_deleted", kNobody, "LinkId",
              "ChangeType LinkId T"},
    EventRule{"customer_acquisition", "friend_request", "acquisition.friend_requested", "ExternalUserID", "",
              "ChangeType LinkId UserID ExternalUserID State T"},
    EventRule{"customer_acquisition", "link_unavailable", "acquisition.link_unavailable", kNobody, "LinkId",
              "ChangeType LinkId T"},
    EventRule{"customer_acquisition", "message_from_customer", "acquisition.message_received", "ExternalUserID", "",
              "ChangeType LinkId UserID ExternalUserID ChatKey ChatSeq T"},
    EventRule{"customer_acquisition", "service_balance_consumed", "acquisition.balance_consumed", kNobody, "LinkId",
              "ChangeType LinkId State OnceKey T"},
    EventRule{"customer_acquisition_permit_change", "", "acquisition.permit_changed", kNobody, "", "AuthCorpId T"},
    EventRule{"delete_calendar", "", "calendar.deleted", kFrom, "", "CalId T"},
    EventRule{"delete_schedule", "", "schedule.deleted", kFrom, "", "CalId ScheduleId T"},
    EventRule{"device_data_auth_change", "", "device.authorization_changed", kNobody, "", "AuthCorpId AgentID T"},
    EventRule{"device_feature_change", "", "device.feature_changed", kNobody, "", "AuthCorpId T"},
    EventRule{"doc_change", "", "document.changed", kFrom, "", "ChangeType DocId FormId T", "DocId FormId"},
    EventRule{"doc_change", "create_doc", "document.created", kFrom, "", "ChangeType DocId T", "DocId"},
    EventRule{"doc_change", "delete_doc", "document.deleted", kFrom, "", "ChangeType DocId T", "DocId"},
    EventRule{"doc_change", "delete_form", "document.form_deleted", kFrom, "", "ChangeType FormId T", "FormId"},
    EventRule{"doc_change", "form_settings_change", "document.form_changed", kFrom, "", "ChangeType FormId T",
              "FormId"},
    EventRule{"document_archive_change", "", "archive.document_changed", kFrom, "DocName", "DocId T"},
    EventRule{"enter_agent", "", "agent.entered", kFrom, "", ""},
    EventRule{"enter_register_package", "", "suite.registration_entered", kNobody, "", "TemplateId State T"},
    EventRule{"finish_vip_account_approval", "", "vip.approval_finished", kFrom, "", "ApplyId T"},
    EventRule{"hit_keyword", "", "archive.keyword_hit", kNobody, "", "AuthCorpId T"},
    EventRule{"inactive_alert", "", "application.inactive", kNobody, "", "AgentID T"},
    EventRule{"kf_account_auth_change", "", "kf.authorization_changed", kNobody, "",
              "T AuthAddOpenKfId AuthDelOpenKfId", "AuthAddOpenKfId AuthDelOpenKfId"},
    EventRule{"kf_msg_or_event", "", "kf.message_available", "OpenKfId", "", "OpenKfId T Token"},
    EventRule{"license_pay_success", "", "licence.paid", kNobody, "", "ServiceCorpId AuthCorpId OrderId T"},
    EventRule{"license_refund", "", "licence.refunded", kNobody, "", "ServiceCorpId AuthCorpId OrderId T"},
    EventRule{"living_status_change", "", "living.changed", kFrom, "", "LivingId Status T"},
    EventRule{"location", "", "location.reported", kFrom, "", "AgentID From T Latitude Longitude"},
    EventRule{"location_select", "", "menu.location_chosen", kFrom, "SendLocationInfo.Label SendLocationInfo.Poiname",
              "AgentID From T EventKey SendLocationInfo.Location_X SendLocationInfo.Location_Y"},
    EventRule{"low_active", "", "application.low_active", kNobody, "", "AgentID T"},
    EventRule{"meeting_change", "", "meeting.changed", kFrom, "", "ChangeType MeetingId T"},
    EventRule{"modify_calendar", "", "calendar.modified", kFrom, "", "CalId T"},
    EventRule{"modify_schedule", "", "schedule.modified", kFrom, "", "CalId ScheduleId T"},
    EventRule{"msgaudit_notify", "", "archive.available", kNobody, "", "AgentID T"},
    EventRule{"open_approval_change", "", "approval.changed", "ApprovalInfo.ApplyUserId", "ApprovalInfo.OpenSpName",
              "ApprovalInfo.ThirdNo ApprovalInfo.OpenSpStatus T body",
              "ApprovalInfo.ApprovalNodes.ApprovalNode ApprovalInfo.ApprovalNodes.ApprovalNode.Items.Item "
              "ApprovalInfo.NotifyNodes.NotifyNode"},
    EventRule{"open_order", "", "licence.order_opened", kNobody, "", "PaidCorpId OrderId T"},
    EventRule{"pay_for_app_success", "", "licence.order_paid", kNobody, "", "PaidCorpId OrderId T"},
    EventRule{"pay_refund", "", "payment.refunded", kFrom, "", "From T"},
    EventRule{"pay_transaction", "", "payment.paid", kFrom, "", "From T"},
    EventRule{"pic_photo_or_album", "", "menu.photo_sent", kFrom, "EventKey",
              "AgentID From T EventKey SendPicsInfo.PicList.item.PicMd5Sum", "SendPicsInfo.PicList.item"},
    EventRule{"pic_sysphoto", "", "menu.photo_sent", kFrom, "EventKey",
              "AgentID From T EventKey SendPicsInfo.PicList.item.PicMd5Sum", "SendPicsInfo.PicList.item"},
    EventRule{"pic_weixin", "", "menu.photo_sent", kFrom, "EventKey",
              "AgentID From T EventKey SendPicsInfo.PicList.item.PicMd5Sum", "SendPicsInfo.PicList.item"},
    EventRule{"program_notify", "", "program.notified", kNobody, "", "NotifyId NotifyScene T"},
    EventRule{"public_email_change", "", "mail.received", kNobody, "", "ChangeType Amount T"},
    EventRule{"refund", "", "licence.order_refunded", kNobody, "", "PaidCorpId OrderId T"},
    EventRule{"register_corp", "", "suite.corp_registered", kNobody, "", "AuthCorpId CorpId RegisterCode T"},
    EventRule{"reopen_inactive_agent", "", "application.resumed", kNobody, "", "AgentID T"},
    EventRule{"reset_permanent_code", "", "authorization.reset", kNobody, "", "AuthCorpId AuthCode T"},
    EventRule{"respond_schedule", "", "schedule.answered", kFrom, "", "CalId ScheduleId From T"},
    EventRule{"scancode_push", "", "menu.code_scanned", kFrom, "ScanCodeInfo.ScanResult",
              "AgentID From T EventKey ScanCodeInfo.ScanResult"},
    EventRule{"scancode_waitmsg", "", "menu.code_scanned", kFrom, "ScanCodeInfo.ScanResult",
              "AgentID From T EventKey ScanCodeInfo.ScanResult"},
    EventRule{"security", "change_domain_ip", "security.domain_ip_changed", kNobody, "", "ChangeType T"},
    EventRule{"share_agent_change", "", "application.shared", kNobody, "", "AgentID AgentId AppId CorpId T"},
    EventRule{"share_chain_change", "", "application.shared", kNobody, "", "AgentID AppId CorpId T"},
    EventRule{"smart_sheet_change", "add_filed", "sheet.field_added", kFrom, "", "ChangeType DocId SheetId FieldId T",
              "FieldId"},
    EventRule{"smart_sheet_change", "add_record", "sheet.record_added", kFrom, "",
              "ChangeType DocId SheetId RecordId T", "RecordId"},
    EventRule{"smart_sheet_change", "delete_filed", "sheet.field_deleted", kFrom, "",
              "ChangeType DocId SheetId FieldId T", "FieldId"},
    EventRule{"smart_sheet_change", "delete_record", "sheet.record_deleted", kFrom, "",
              "ChangeType DocId SheetId RecordId T", "RecordId"},
    EventRule{"smart_sheet_change", "update_filed", "sheet.field_updated", kFrom, "",
              "ChangeType DocId SheetId FieldId T", "FieldId"},
    EventRule{"smart_sheet_change", "update_record", "sheet.record_updated", kFrom, "",
              "ChangeType DocId SheetId RecordId T", "RecordId"},
    EventRule{"submit_vip_account_approval", "", "vip.approval_submitted", kFrom, "ApplyReason", "ApplyId From T"},
    EventRule{"subscribe", "", "follower.subscribed", kFrom, "", ""},
    EventRule{"suite_ticket", "", "ticket.suite", kNobody, "", "T"},
    EventRule{"switch_workbench_mode", "", "application.workbench_switched", kNobody, "", "AgentID Mode T"},
    EventRule{"sys_approval_change", "", "approval.changed", "ApprovalInfo.Applyer.UserId", "ApprovalInfo.SpName",
              "ApprovalInfo.SpNo ApprovalInfo.SpStatus ApprovalInfo.StatuChangeEvent T body",
              "ApprovalInfo.SpRecord ApprovalInfo.SpRecord.Details ApprovalInfo.Notifyer "
              "ApprovalInfo.Comments ApprovalInfo.ProcessList.NodeList "
              "ApprovalInfo.ProcessList.NodeList.SubNodeList"},
    EventRule{"taskcard_click", "", "template_card.task_clicked", kFrom, "EventKey",
              "AgentID From T TaskId EventKey ResponseCode"},
    EventRule{"template_card_event", "", "template_card.answered", kFrom, "EventKey",
              "AgentID From T TaskId EventKey ResponseCode",
              "SelectedItems.SelectedItem SelectedItems.SelectedItem.OptionIds.OptionId"},
    EventRule{"template_card_menu_event", "", "template_card.menu_clicked", kFrom, "EventKey",
              "AgentID From T TaskId EventKey ResponseCode"},
    EventRule{"unlicensed_notify", "", "licence.missing", kNobody, "", "AuthCorpId AppId T"},
    EventRule{"unsubscribe", "", "follower.unsubscribed", kFrom, "", ""},
    EventRule{"upload_media_job_finish", "", "job.finished", kNobody, "", "JobId"},
    EventRule{"view", "", "menu.link_opened", kFrom, "EventKey", ""},
    EventRule{"view_miniprogram", "", "menu.mini_program_opened", kFrom, "EventKey", ""},
    EventRule{"wedrive_insufficient_capacity", "", "drive.full", kNobody, "", "T"},
};
static_assert(is_sorted(kEvents));

constexpr std::array kPrefixes{
    EventRule{"device_*", "", "device.changed", kNobody, "", "device_sn T"},
    EventRule{"wedrive_*", "", "drive.changed", kFrom, "", "ChangeType SpaceId FileId T"},
};

constexpr Catalogue kCatalogue{kEvents, kPrefixes, "AgentID From T EventKey", false};

// What happened to a group chat. The ChangeType only says that something happened.
constexpr std::array kGroupChanges{
    EventRule{"add_member", "", "group.member_joined", kNobody, "", ""},
    EventRule{"change_name", "", "group.renamed", kNobody, "", ""},
    EventRule{"change_notice", "", "group.notice_changed", kNobody, "", ""},
    EventRule{"change_owner", "", "group.owner_changed", kNobody, "", ""},
    EventRule{"del_member", "", "group.member_left", kNobody, "", ""},
};
static_assert(is_sorted(kGroupChanges));

std::string_view group_type(std::string_view detail) {
  const auto* const rule = find_rule(kGroupChanges, Word(detail).view(), {});
  return rule != nullptr ? rule->type : "group.updated";
}

// Hardware and membership callbacks: {"msg_type":"event","base_info":{…},"event":{"event_type":…}}
// (docs/protocol.md §0).
bool read_hardware(Draft& draft) {
  if (draft.find("MsgType") != nullptr || draft.find("InfoType") != nullptr) return false;
  const Field* const event_type = draft.find("event.event_type");
  if (event_type == nullptr) return false;
  draft.keep(draft.event.msg_type, draft.find("msg_type"));
  draft.keep(draft.event.event, event_type);
  draft.keep_time(draft.find("base_info.createtime"));
  draft.set_unknown(draft.event.event);
  if (!draft.value("base_info.req_id").empty()) draft.identify(Word(draft.event.event).view(), "base_info.req_id");
  return true;
}

}  // namespace

Vocabulary vocabulary() { return {kEvents, message_rules(), kPrefixes, kGroupChanges}; }

Result<schemas::Event> normalize(const Document& document, const NormalizeContext& context) {
  return normalize_as("wework", document, context);
}

Result<schemas::Event> normalize_as(std::string_view platform, const Document& document,
                                    const NormalizeContext& context) {
  Draft draft(document, context, platform);
  if (!read_hardware(draft)) {
    const EventRule* const rule = read_words(draft, kCatalogue);
    if (rule != nullptr && rule->word == "change_external_chat") {
      draft.event.conversation = draft.value("ChatId");
      if (rule->change == "update") draft.event.type = group_type(draft.value("UpdateDetail"));
    } else if (draft.find("RobotId") != nullptr) {
      draft.event.conversation = draft.value("SessionId");
    }
  }
  return draft.finish();
}

}  // namespace wxpipe::ingest::wework
