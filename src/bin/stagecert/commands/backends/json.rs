//! The backends as JSON, as docs/backends.schema.json describes it.

use std::collections::BTreeSet;

use serde::Serialize;
use stagecert::Failure;
use stagecert::resources::account_region::AccountRegion;
use stagecert::resources::certificate_id::CertificateId;
use stagecert::resources::origin::Scheme;
use stagecert::resources::stage_arn::StageArn;
use stagecert::scan::backends::{Flag, ListedBackend};

use super::{Page, Place, Summary};
use crate::formats::json::{ErrorRow, StageRow, error};
use crate::formats::pretty;

/// The version of the document. Adding a field does not change it.
const VERSION: u32 = 1;

pub(super) fn page(page: &Page<'_>) -> Result<String, Failure> {
    pretty(&Document {
        backends_version: VERSION,
        complete: page.is_complete(),
        backends: page.backends.iter().map(|backend| Row::of(page, backend)).collect(),
        gaps: page.gaps.iter().map(|(place, gap)| GapRow::of(place, gap.to_string())).collect(),
        not_read: page.not_read.iter().map(PlaceRow::of).collect(),
        summary: page.summary(),
        errors: page.failures.iter().map(|failure| error(failure)).collect(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    backends_version: u32,
    complete: bool,
    backends: Vec<Row<'a>>,
    /// Why stages may have backends that are not listed.
    gaps: Vec<GapRow<'a>>,
    /// The stages whose integrations could not be read.
    not_read: Vec<PlaceRow<'a>>,
    summary: Summary,
    errors: Vec<ErrorRow<'a>>,
}

/// A backend of a stage.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(flatten)]
    place: PlaceRow<'a>,
    api_name: Option<&'a str>,
    certificate: Option<&'a CertificateId>,
    scheme: Option<Scheme>,
    host: &'a str,
    port: Option<u16>,
    methods: usize,
    paths: usize,
    vpc_link: Option<&'a str>,
    insecure_skip_verification: bool,
    unresolved: &'a BTreeSet<String>,
    /// Up to 100 other stages that call the same host and port.
    shared_with: Vec<String>,
    shared_with_count: usize,
    flags: &'a BTreeSet<Flag>,
}

impl<'a> Row<'a> {
    fn of(page: &Page<'a>, listed: &'a ListedBackend<'a>) -> Self {
        let backend = listed.backend;
        Self {
            place: PlaceRow::new(listed.account_region, listed.stage),
            api_name: page.api_name(listed.account_region, listed.stage),
            certificate: listed.certificate,
            scheme: backend.server.scheme(),
            host: backend.server.host(),
            port: backend.server.port(),
            methods: backend.methods,
            paths: backend.paths,
            vpc_link: backend.vpc_link.as_deref(),
            insecure_skip_verification: backend.insecure_skip_verification,
            unresolved: &backend.unresolved,
            shared_with: listed.shared_with.iter().map(|stage| stage.label()).collect(),
            shared_with_count: listed.shared_count,
            flags: &listed.flags,
        }
    }
}

#[derive(Serialize)]
struct GapRow<'a> {
    #[serde(flatten)]
    place: PlaceRow<'a>,
    text: String,
}

impl<'a> GapRow<'a> {
    fn of(place: &Place<'a>, text: String) -> Self {
        Self { place: PlaceRow::of(place), text }
    }
}

/// A stage with its account and Region.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceRow<'a> {
    account_id: &'a str,
    aws_region: &'a str,
    #[serde(flatten)]
    stage: StageRow<'a>,
}

impl<'a> PlaceRow<'a> {
    fn of(place: &Place<'a>) -> Self {
        Self::new(&place.scanned.account_region, place.stage)
    }

    fn new(account_region: &'a AccountRegion, stage: &'a StageArn) -> Self {
        let AccountRegion { account, region, .. } = account_region;
        Self { account_id: account, aws_region: region, stage: StageRow::of(stage) }
    }
}
