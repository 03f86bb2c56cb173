//! No result improves without confirmation: this module checks what each result was based on when
//! it was put, according to what the fake AWS had returned to the invocation by then.
//!
//! A result improves if Config stores NON_COMPLIANT and COMPLIANT or NOT_APPLICABLE is put. The
//! first result of a resource is no improvement: the contract compares with "the one Config holds".
//! That is the result stored at the time of the put, so a result put for a change while a sweep is
//! running counts too. If a sweep could not read all previous results, all of its results except
//! NON_COMPLIANT count as improvements; with `reporting=all`, every COMPLIANT result does.

use std::sync::atomic::{AtomicUsize, Ordering};

use fake_aws::{Put, Shown};

/// What is wrong with a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// It improves, but the stage was in no `BatchGetResourceConfig` response of the invocation,
    /// nor in its own event.
    Unconfirmed,
    /// It reports a stage as gone, but API Gateway or `BatchGetResourceConfig` wasn't asked or
    /// still has the stage.
    NotKnownToBeGone,
    /// The previous result was based on a newer item of the stage.
    OlderOverNewer,
}

/// What is wrong with a put; `None` if it is fine or needs no confirmation.
pub fn violation(put: &Put) -> Option<Violation> {
    let gone = is_gone(put);
    if gone && improves_or_ends(put) && !is_known_to_be_gone(put) {
        return Some(Violation::NotKnownToBeGone);
    }
    if !gone && improves(put) && !is_confirmed(put) {
        return Some(Violation::Unconfirmed);
    }
    let before = put.before.as_ref().filter(|before| before.compliance_type == "NON_COMPLIANT");
    let older = before.is_some_and(|before| before.basis > put.facts.newest());
    (older && improves(put)).then_some(Violation::OlderOverNewer)
}

/// One line about a put, for a test's report.
pub fn line(wrong: Violation, put: &Put) -> String {
    let was = put.before.as_ref().map_or("no result", |one| one.compliance_type.as_str());
    let (is, facts) = (&put.put, &put.facts);
    let annotation = is.annotation.as_deref().unwrap_or_default();
    let rests_on = put.before.as_ref().and_then(|one| one.basis);
    format!(
        "{wrong:?}: {} from {was} (resting on item {rests_on:?}) to {} ({annotation}); shown: {facts:?}; newest: {:?}; \
         earlier results read: {}",
        put.arn, is.compliance_type, put.truth, put.knows_earlier_results
    )
}

fn improves(put: &Put) -> bool {
    let (is, was) =
        (put.put.compliance_type.as_str(), put.before.as_ref().map(|one| one.compliance_type.as_str()));
    let unread = put.in_sweep && !put.knows_earlier_results;
    let everything = put.parameters["reporting"] == "all" && is == "COMPLIANT";
    is != "NON_COMPLIANT" && (was == Some("NON_COMPLIANT") || unread || everything)
}

/// A COMPLIANT result that ends because its stage seems gone also ends an alarm.
fn improves_or_ends(put: &Put) -> bool {
    improves(put) || put.before.as_ref().is_some_and(|one| one.compliance_type != put.put.compliance_type)
}

/// Whether the put reports the stage as gone: NOT_APPLICABLE, and either no source showed the stage
/// or one showed that it doesn't exist.
fn is_gone(put: &Put) -> bool {
    let denied = |shown: Option<Shown>| shown.is_some_and(|shown| !shown.exists);
    put.put.compliance_type == "NOT_APPLICABLE"
        && (!put.facts.shows_a_stage() || denied(put.facts.gateway) || denied(put.facts.latest))
}

fn is_known_to_be_gone(put: &Put) -> bool {
    let says_so = |shown: Option<Shown>| shown.is_some_and(|shown| !shown.exists);
    let config = says_so(put.facts.latest) || reads_api_gateway(put);
    says_so(put.facts.event) || (config && says_so(put.facts.gateway))
}

fn is_confirmed(put: &Put) -> bool {
    let exists = |shown: Option<Shown>| shown.is_some_and(|shown| shown.exists);
    exists(put.facts.event)
        || says_not_applicable_by_event(put)
        || exists(put.facts.latest)
        || (reads_api_gateway(put) && exists(put.facts.gateway))
}

/// An event whose item has no configuration makes its own stage NOT_APPLICABLE.
fn says_not_applicable_by_event(put: &Put) -> bool {
    put.put.compliance_type == "NOT_APPLICABLE" && put.facts.event.is_some()
}

/// With `inventory=apigateway`, a sweep doesn't rely on Config's index: API Gateway's listing
/// confirms its stages.
fn reads_api_gateway(put: &Put) -> bool {
    put.in_sweep && put.parameters["inventory"] == "apigateway"
}

/// What the program's puts were based on, over all tests of this run.
#[derive(Debug)]
pub struct Counts {
    puts: AtomicUsize,
    improved: AtomicUsize,
    gone: AtomicUsize,
    changed_since: AtomicUsize,
}

pub static COUNTS: Counts = Counts {
    puts: AtomicUsize::new(0),
    improved: AtomicUsize::new(0),
    gone: AtomicUsize::new(0),
    changed_since: AtomicUsize::new(0),
};

impl Counts {
    pub fn count(&self, put: &Put) {
        let add =
            |counter: &AtomicUsize, counts: bool| counter.fetch_add(usize::from(counts), Ordering::Relaxed);
        add(&self.puts, true);
        add(&self.improved, improves(put) && !is_gone(put));
        add(&self.gone, is_gone(put) && improves_or_ends(put));
        add(&self.changed_since, improves(put) && put.truth > put.facts.newest());
    }

    /// A one-line summary of all invocations so far.
    pub fn line(&self) -> String {
        let [puts, improved, gone, changed] = [&self.puts, &self.improved, &self.gone, &self.changed_since]
            .map(|one| one.load(Ordering::Relaxed));
        format!(
            "{puts} results put so far: {improved} improved and {gone} stages gone, each confirmed; \
             {changed} improved while the stage had changed since"
        )
    }
}
