//! The entry points of an API as a picture: the ways on the left, and where they lead on the right.
//! All positions are in SVG user units; the template has those from left to right.

use stagecert::checks::finding::Finding;
use stagecert::evaluation::front_door::EvaluatedResource;
use stagecert::resources::entry_point::{EntryPoint, EntryPointKind};
use textwrap::core::display_width;

use crate::commands::report::text::{Text, counted};

/// The number of ways that the picture shows; the rest are only counted.
const MAX_WAYS: usize = 12;
/// The distance between two ways, and between two targets.
const ROW: usize = 36;
/// The distance from the top to the middle of the first row.
const TOP: usize = 46;
/// The maximum width of a name on the left and on the right, in columns of a terminal.
const MAX_NAME: usize = 40;
const MAX_TARGET: usize = 22;
/// Stands for what was left out in the middle of a name.
const ELLIPSIS: char = '…';
/// The target of a way that leads to all stages.
const EVERY_STAGE: &str = "every stage";

/// The picture.
pub(in crate::commands::report) struct Diagram {
    pub(in crate::commands::report) title: Text,
    /// The picture in words.
    pub(in crate::commands::report) description: Text,
    pub(in crate::commands::report) height: usize,
    pub(in crate::commands::report) ways: Vec<Way>,
    pub(in crate::commands::report) targets: Vec<Target>,
    /// The number of ways that are not shown, and where that is written.
    pub(in crate::commands::report) more: usize,
    pub(in crate::commands::report) more_y: usize,
}

/// A way to the API.
pub(in crate::commands::report) struct Way {
    pub(in crate::commands::report) name: Shortened,
    pub(in crate::commands::report) mark: Mark,
    pub(in crate::commands::report) y: usize,
    /// The middle of the target.
    pub(in crate::commands::report) target_y: usize,
}

/// Whether a way requires a certificate, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::commands::report) enum Mark {
    Open,
    /// No certificate, but the API is private: only VPC endpoints lead there.
    Private,
    Required,
}

impl Mark {
    fn of(way: &EntryPoint, is_private: bool) -> Self {
        match way.kind {
            _ if way.requires_certificate => Self::Required,
            EntryPointKind::Listener { .. } => Self::Open,
            _ if is_private => Self::Private,
            _ => Self::Open,
        }
    }

    /// The words for the mark, which don't depend on color.
    pub(in crate::commands::report) fn words(self) -> &'static str {
        match self {
            Self::Open => "no certificate",
            Self::Private => "VPC endpoints only",
            Self::Required => "certificate required",
        }
    }

    /// The CSS class of the line and the words.
    pub(in crate::commands::report) fn class(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Private => "private",
            Self::Required => "required",
        }
    }

    /// Whether the way is drawn with a closed lock.
    pub(in crate::commands::report) fn is_locked(self) -> bool {
        self == Self::Required
    }
}

/// A stage, or several.
pub(in crate::commands::report) struct Target {
    pub(in crate::commands::report) name: Shortened,
    pub(in crate::commands::report) y: usize,
}

/// A name that fits, and the full name.
pub(in crate::commands::report) struct Shortened {
    pub(in crate::commands::report) short: Text,
    pub(in crate::commands::report) full: Text,
}

impl Diagram {
    /// The picture of an API; `None` if there is no way to it. Ways without a certificate come
    /// first.
    pub(super) fn of(resource: &EvaluatedResource) -> Option<Self> {
        let is_private = is_private(resource);
        let marked = resource.entry_points.iter().map(|way| (Mark::of(way, is_private), way));
        let mut ways: Vec<(Mark, &EntryPoint)> = marked.collect();
        ways.sort_by_key(|(mark, _)| *mark);
        let count = |mark: Mark| ways.iter().filter(|(it, _)| *it == mark).count();
        let description = description([Mark::Open, Mark::Private, Mark::Required].map(count));
        let all = ways.len();
        ways.truncate(MAX_WAYS);
        let mut names: Vec<String> = Vec::new();
        for (_, way) in &ways {
            let target = target(&way.kind);
            if !names.contains(&target) {
                names.push(target);
            }
        }
        // The shorter column is in the middle of the longer one.
        let rows = ways.len().max(names.len()).max(1);
        let start = |count: usize| TOP + (rows - count) * ROW / 2;
        let (first_way, first_target) = (start(ways.len()), start(names.len()));
        let y_of_target = |name: &str| {
            let at = names.iter().position(|known| known == name).unwrap_or_default();
            first_target + at * ROW
        };
        let more = all - ways.len();
        let more_y = TOP + rows * ROW;
        let label = resource.subject.label();
        let name = resource.name.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        (all > 0).then(|| Self {
            title: Text::of(format!("Entry points of API {label}{name}")),
            description: Text::of(description),
            height: more_y + if more > 0 { 12 } else { 0 },
            ways: ways
                .iter()
                .enumerate()
                .map(|(at, (mark, way))| Way {
                    name: Shortened::of(&way.kind.to_string(), MAX_NAME),
                    mark: *mark,
                    y: first_way + at * ROW,
                    target_y: y_of_target(&target(&way.kind)),
                })
                .collect(),
            targets: names
                .iter()
                .map(|name| Target { name: Shortened::of(name, MAX_TARGET), y: y_of_target(name) })
                .collect(),
            more,
            more_y,
        })
    }
}

/// Whether the API is private, according to the answers about it.
fn is_private(resource: &EvaluatedResource) -> bool {
    resource.findings.iter().any(|finding| match finding {
        Finding::MutualTls(_) => finding.reason() == "private",
        Finding::PrivateFrontDoor(_) => finding.reason() != "not-private",
        // Only a private API has the trust stores of listeners.
        Finding::Truststore(_) => true,
        _ => false,
    })
}

/// The picture in words, from the number of ways that are open, private and guarded.
fn description([open, private, guarded]: [usize; 3]) -> String {
    let entry_points = counted(open + private + guarded, "entry point");
    let required = match (open, private, guarded) {
        (0, 0, _) => "a client certificate is required at each".to_owned(),
        (_, _, 0) => "no client certificate is required at any".to_owned(),
        (0, _, guarded) => format!("a client certificate is required at {guarded}"),
        (open, _, guarded) => {
            format!("a client certificate is required at {guarded}, and not at {open}, so it can be bypassed")
        }
    };
    let private = match private {
        0 => String::new(),
        private => {
            format!(
                " The API is private: {private} can be reached only through VPC endpoints, see private-front-door."
            )
        }
    };
    format!("{entry_points}; {required}.{private}")
}

/// Where a way leads.
fn target(kind: &EntryPointKind) -> String {
    match kind {
        EntryPointKind::DefaultEndpoint { stages, .. } if !stages.is_empty() => stages.join(", "),
        EntryPointKind::Mapping { stage: Some(stage), .. }
        | EntryPointKind::RoutingRule { stage: Some(stage), .. } => stage.clone(),
        _ => EVERY_STAGE.into(),
    }
}

impl Shortened {
    fn of(name: &str, max: usize) -> Self {
        let full = Text::of(name);
        Self { short: Text::of(shortened(&full.to_string(), max)), full }
    }
}

/// The text, or its start and end if it is wider than `max` columns.
fn shortened(text: &str, max: usize) -> String {
    if display_width(text) <= max {
        return text.to_owned();
    }
    let half = max.saturating_sub(1) / 2;
    let start = taken(text.chars(), half);
    let end: Vec<char> = taken(text.chars().rev(), half).chars().rev().collect();
    format!("{start}{ELLIPSIS}{}", end.into_iter().collect::<String>())
}

/// The first characters that fit in `max` columns.
fn taken(text: impl Iterator<Item = char>, max: usize) -> String {
    let mut taken = String::new();
    let mut width = 0;
    for c in text {
        width += display_width(c.encode_utf8(&mut [0; 4]));
        if width > max {
            break;
        }
        taken.push(c);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_shortened_in_the_middle() {
        for (text, expected) in [
            ("api.example.com", "api.example.com"),
            ("very-long-name.example.com/orders", "very-long…om/orders"),
            ("東京の注文東京の注文東京の注文", "東京の注…京の注文"),
        ] {
            let short = shortened(text, 20);
            assert_eq!(short, expected);
            assert!(display_width(&short) <= 20);
        }
    }

    #[test]
    fn the_words_say_whether_the_certificate_can_be_bypassed() {
        for (counts, expected) in [
            ([0, 0, 1], "1 entry point; a client certificate is required at each."),
            ([2, 0, 0], "2 entry points; no client certificate is required at any."),
            (
                [1, 0, 2],
                "3 entry points; a client certificate is required at 2, and not at 1, so it can be bypassed.",
            ),
            (
                [0, 1, 1],
                "2 entry points; a client certificate is required at 1. The API is private: 1 can be reached only \
                 through VPC endpoints, see private-front-door.",
            ),
        ] {
            assert_eq!(description(counts), expected);
        }
    }
}
