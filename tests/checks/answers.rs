//! What the tests of the front-door checks have in common.

use stagecert::checks::front_door::{Answer, Problem};
use stagecert::checks::verdict::Verdict;

/// The codes of all problems, or the only code of an answer without problems.
pub(crate) fn codes(answer: &Answer) -> Vec<&'static str> {
    match answer {
        Answer::Failed(problems) => {
            assert_eq!(answer.verdict(), Verdict::Failed);
            problems.iter().map(|problem| problem.reason.into()).collect()
        }
        answer => vec![answer.into()],
    }
}

/// The only problem of an answer, in words.
pub(crate) fn only(answer: &Answer) -> String {
    let [problem] = answer.problems() else { panic!("{answer:?}") };
    problem.to_string()
}

/// The details of all problems.
pub(crate) fn details(problems: &[Problem]) -> Vec<&str> {
    problems.iter().filter_map(|problem| problem.detail.as_deref()).collect()
}

/// How good a verdict is.
pub(crate) fn rank(answer: &Answer) -> u8 {
    match answer.verdict() {
        Verdict::Failed => 0,
        _ => 1,
    }
}
