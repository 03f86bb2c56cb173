//! The steps that a scan reports to its observer.

use std::cell::RefCell;

use stagecert::account::Account;
use stagecert::parameters::{Inventory, Parameters};
use stagecert::scan::{Observer, Step, scan_observed};
use stagecert::snapshot::{Snapshot, SnapshotAccount};

#[tokio::test]
async fn each_stage_is_counted_once_and_each_export_out_of_those_needed() {
    let snapshot = Snapshot::parse(include_str!("../../examples/account.json")).unwrap();
    let account_region = snapshot.account_region();
    let account = SnapshotAccount::new(&snapshot, &account_region);
    let listing = account.stages(Inventory::Config).await.unwrap();
    let steps: RefCell<Vec<Step>> = RefCell::default();
    let observe = |step| steps.borrow_mut().push(step);
    let parameters = Parameters::default();
    let scan =
        scan_observed(&account, listing, &parameters, snapshot.taken_at, Observer::new(&observe)).await;

    let steps = steps.into_inner();
    assert_eq!(steps.first(), Some(&Step::Listed(scan.stages.len())));
    let sum = |of: fn(Step) -> usize| steps.iter().map(|step| of(*step)).sum::<usize>();
    let evaluated = sum(|step| if let Step::Evaluated(stages) = step { stages } else { 0 });
    let needed = sum(|step| if let Step::ExportsNeeded(stages) = step { stages } else { 0 });
    let exported = sum(|step| usize::from(step == Step::Exported));
    assert!(needed > 5, "{steps:?}");
    assert_eq!((exported, evaluated + exported), (needed, scan.stages.len()));
    let at = |wanted: fn(&Step) -> bool| steps.iter().position(wanted);
    assert!(at(|step| matches!(step, Step::ExportsNeeded(_))) < at(|step| *step == Step::Exported));
}
