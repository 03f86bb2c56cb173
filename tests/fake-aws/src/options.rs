//! What AWS does not document about a Region, and what accounts differ in.

use std::collections::{BTreeMap, BTreeSet};

/// The customer managed configuration recorder of an account and Region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorder {
    /// It records.
    Recording,
    /// It was stopped.
    Stopped,
    /// There is none.
    Absent,
}

/// What AWS does not document, or what accounts differ in.
#[derive(Clone, Debug)]
pub struct RegionOptions {
    /// Config's advanced queries show the state before the last N items.
    pub query_lag: u64,
    /// By stage ARN: advanced queries show the state before the stage's own last N items, and nothing of a stage that has
    /// no more than N.
    pub index_behind: BTreeMap<String, usize>,
    /// The same for `BatchGetResourceConfig`, which can lag less than the index.
    pub latest_behind: BTreeMap<String, usize>,
    /// `BatchGetResourceConfig` returns an item without configuration for a stage that is no longer recorded, with status
    /// `ResourceNotRecorded`. UNVERIFIED either way: without it, such a stage is absent.
    pub shows_unrecorded_items: bool,
    /// Change notifications come as `OversizedConfigurationItemChangeNotification`.
    pub oversized: bool,
    /// Config lists NOT_APPLICABLE results again. UNVERIFIED either way.
    pub lists_not_applicable: bool,
    /// Config keeps the result with the later OrderingTimestamp. UNVERIFIED either way.
    pub ignores_older_results: bool,
    /// Editing a stage's tags makes a configuration item. UNVERIFIED either way.
    pub tag_edits_make_items: bool,
    /// The configuration recorder.
    pub recorder: Recorder,
    /// Resource types that the recorder leaves out.
    pub unrecorded: BTreeSet<String>,
    /// V2 integrations have `apiId` and `integrationType` rather than `ApiId` and `IntegrationType`. UNVERIFIED.
    pub integrations_in_camel_case: bool,
    /// The quota "client certificates per account per Region".
    pub certificate_quota: usize,
}

impl Default for RegionOptions {
    fn default() -> Self {
        Self {
            query_lag: 0,
            index_behind: BTreeMap::new(),
            latest_behind: BTreeMap::new(),
            shows_unrecorded_items: true,
            oversized: false,
            lists_not_applicable: true,
            ignores_older_results: false,
            tag_edits_make_items: true,
            recorder: Recorder::Recording,
            unrecorded: BTreeSet::new(),
            integrations_in_camel_case: false,
            certificate_quota: 60,
        }
    }
}
