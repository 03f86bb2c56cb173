//! Nothing improves without confirmation: what each result rests on when it is put, by what the fake AWS had shown the
//! invocation until then.
//!
//! A result improves when Config holds NON_COMPLIANT and COMPLIANT or NOT_APPLICABLE is put. A resource without an earlier
//! result is not improved by its first one: the contract compares with "the one Config holds". What Config holds is what it
//! holds at the moment of the put, so that a change's result, put while a sweep is under way, counts too. If a sweep could
//! not read the earlier results to their end, all of its results but NON_COMPLIANT count as improved, and with
//! `reporting=all` every COMPLIANT does.

use std::sync::atomic::{AtomicUsize, Ordering};

use fake_aws::{Put, Shown};

/// What is wrong with a put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// It improves, and no `BatchGetResourceConfig` of the invocation (nor its own event) showed the stage.
    Unconfirmed,
    /// It says that a stage is gone, and API Gateway or `BatchGetResourceConfig` was not asked, or still has it.
    NotKnownToBeGone,
    /// The earlier result rests on a newer item of the stage.
    OlderOverNewer,
}

/// What is wrong with a put, if anything is. `None` is also the answer for one that needs no confirmation.
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

/// A line about a put: for the report of a test.
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

/// A COMPLIANT that ends because its stage seems gone is as much an alarm that ends.
fn improves_or_ends(put: &Put) -> bool {
    improves(put) || put.before.as_ref().is_some_and(|one| one.compliance_type != put.put.compliance_type)
}

/// Whether it puts a stage as gone: NOT_APPLICABLE, with no source that showed the stage, or with one that said it isn't there.
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

/// A sweep with `inventory=apigateway` takes no word of Config's index: API Gateway's listing confirms its stages.
fn reads_api_gateway(put: &Put) -> bool {
    put.in_sweep && put.parameters["inventory"] == "apigateway"
}

/// What the program's puts rested on, in all tests of this run together.
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

    /// A line about all invocations so far.
    pub fn line(&self) -> String {
        let [puts, improved, gone, changed] = [&self.puts, &self.improved, &self.gone, &self.changed_since]
            .map(|one| one.load(Ordering::Relaxed));
        format!(
            "{puts} results put so far: {improved} improved and {gone} stages gone, each confirmed; \
             {changed} improved while the stage had changed since"
        )
    }
}
