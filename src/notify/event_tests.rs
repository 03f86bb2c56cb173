use super::*;
use crate::evaluation::compliance::ComplianceType;
use crate::resources::stage_arn::StageArn;

/// A reminder about one stage.
pub(crate) fn reminder(stage: &StageArn) -> ReminderDetail {
    ReminderDetail {
        aws_account_id: "111122223333".into(),
        aws_region: "eu-west-1".into(),
        config_rule_name: "stagecert".into(),
        resource_type: stage.stage_type().resource_type(),
        resource_id: stage.as_str().into(),
        stage: stage.label(),
        api_name: String::new(),
        compliance_type: ComplianceType::NonCompliant,
        annotation: "certificate-expiry: x".into(),
        severity: None,
        owner: String::new(),
        what_to_do: "",
        reminder_id: stage.label(),
        certificate_id: "abc123".into(),
        not_after: Timestamp::UNIX_EPOCH,
        days_left: 0,
        hours_left: 0,
        timing: "has ended".into(),
        impact: "",
        stages: vec![],
        stage_count: 1,
        stages_left_out: 0,
        stage_list: String::new(),
        resources: vec![stage.as_str().into()],
    }
}

#[test]
fn invisible_characters_in_details_are_replaced() {
    let hidden = "pay\u{2028}\u{202e}ments\u{ad}";
    let stage = StageArn::of_rest_api("aws", "eu-west-1", "a1", "prod").unwrap();
    let detail = ReminderDetail {
        config_rule_name: hidden.into(),
        api_name: hidden.into(),
        annotation: hidden.into(),
        owner: hidden.into(),
        reminder_id: hidden.into(),
        certificate_id: hidden.into(),
        ..reminder(&stage)
    };
    let message =
        Message { message_type: MessageType::Reminder, time: Timestamp::UNIX_EPOCH, detail: detail.into() };
    let entry = serde_json::to_value(&message).unwrap();
    let detail: serde_json::Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    for field in ["owner", "configRuleName", "apiName", "annotation", "certificateId", "reminderId"] {
        assert_eq!(detail[field], "pay??ments?", "{field}");
    }
}
