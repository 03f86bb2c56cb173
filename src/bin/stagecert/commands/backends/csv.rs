//! CSV (RFC 4180) with one row per stage and backend. Gaps, stages that were not read and errors
//! have their own rows, which have a note.

use stagecert::Failure;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backends::ListedBackend;

use super::{Page, Place};
use crate::formats::{cell, unwritable};

pub(super) fn page(page: &Page<'_>) -> Result<String, Failure> {
    let mut rows: Vec<Row> = page.backends.iter().map(|backend| of_backend(page, backend)).collect();
    rows.extend(page.gaps.iter().map(|(place, gap)| noted(page, place, gap.to_string())));
    rows.extend(page.not_read.iter().map(|place| noted(page, place, "not read".into())));
    rows.extend(page.failures.iter().map(|it| Row { note: it.message(), ..Row::default() }));

    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(Row::default().columns().map(|(name, _)| name)).map_err(unwritable)?;
    for row in rows {
        writer.write_record(row.columns().map(|(_, text)| cell(text))).map_err(unwritable)?;
    }
    let bytes = writer.into_inner().map_err(unwritable)?;
    String::from_utf8(bytes).map_err(unwritable)
}

#[derive(Default)]
struct Row {
    account_id: String,
    aws_region: String,
    stage: String,
    resource_type: &'static str,
    resource_id: String,
    api_name: String,
    certificate: String,
    scheme: &'static str,
    host: String,
    port: String,
    methods: String,
    paths: String,
    vpc_link: String,
    insecure_skip_verification: &'static str,
    unresolved: String,
    shared_with: String,
    shared_with_count: String,
    flags: String,
    note: String,
}

impl Row {
    fn columns(&self) -> [(&'static str, &str); 19] {
        [
            ("accountId", &self.account_id),
            ("awsRegion", &self.aws_region),
            ("stage", &self.stage),
            ("resourceType", self.resource_type),
            ("resourceId", &self.resource_id),
            ("apiName", &self.api_name),
            ("certificate", &self.certificate),
            ("scheme", self.scheme),
            ("host", &self.host),
            ("port", &self.port),
            ("methods", &self.methods),
            ("paths", &self.paths),
            ("vpcLink", &self.vpc_link),
            ("insecureSkipVerification", self.insecure_skip_verification),
            ("unresolved", &self.unresolved),
            ("sharedWith", &self.shared_with),
            ("sharedWithCount", &self.shared_with_count),
            ("flags", &self.flags),
            ("note", &self.note),
        ]
    }
}

fn of_backend(page: &Page<'_>, listed: &ListedBackend<'_>) -> Row {
    let backend = listed.backend;
    let shared: Vec<String> = listed.shared_with.iter().map(|stage| stage.label()).collect();
    let unresolved: Vec<&str> = backend.unresolved.iter().map(String::as_str).collect();
    let flags: Vec<&str> = listed.flags.iter().map(|flag| (*flag).into()).collect();
    Row {
        certificate: listed.certificate.map(|id| id.as_str().into()).unwrap_or_default(),
        scheme: backend.server.scheme().map(stagecert::resources::origin::Scheme::as_str).unwrap_or_default(),
        host: backend.server.host().into(),
        port: backend.server.port().map(|port| port.to_string()).unwrap_or_default(),
        methods: backend.methods.to_string(),
        paths: backend.paths.to_string(),
        vpc_link: backend.vpc_link.clone().unwrap_or_default(),
        insecure_skip_verification: if backend.insecure_skip_verification { "true" } else { "false" },
        unresolved: unresolved.join(" "),
        shared_with: shared.join(" "),
        shared_with_count: listed.shared_count.to_string(),
        flags: flags.join(" "),
        ..on_stage(page, listed.account_region, listed.stage)
    }
}

fn noted(page: &Page<'_>, place: &Place<'_>, note: String) -> Row {
    Row { note, ..on_stage(page, &place.scanned.account_region, place.stage) }
}

fn on_stage(page: &Page<'_>, account_region: &AccountRegion, stage: &StageArn) -> Row {
    Row {
        account_id: account_region.account.clone(),
        aws_region: account_region.region.clone(),
        stage: stage.label(),
        resource_type: stage.stage_type().resource_type(),
        resource_id: stage.as_str().to_owned(),
        api_name: page.api_name(account_region, stage).unwrap_or_default().to_owned(),
        ..Row::default()
    }
}
