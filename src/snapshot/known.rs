//! The values that AWS itself chose, which redaction keeps. A text that only has the form of one can be anybody's.

/// AWS's partitions (`partitions.json` of the SDKs).
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"];

/// What a Region's name begins with, and where in that area it is. The combinations cover Regions that are yet to come, and
/// hold no other word.
const AREAS: [&str; 16] = [
    "af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us", "us-gov", "eusc-de", "us-iso", "us-isob",
    "eu-isoe", "us-isof",
];
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

pub(crate) fn is_known_partition(text: &str) -> bool {
    PARTITIONS.contains(&text)
}

/// Whether `text` is the name of a Region: an area, a direction and a digit.
pub(crate) fn is_known_region(text: &str) -> bool {
    let Some((area_and_direction, number)) = text.rsplit_once('-') else { return false };
    let Some((area, direction)) = area_and_direction.rsplit_once('-') else { return false };
    AREAS.contains(&area) && DIRECTIONS.contains(&direction) && matches!(number.as_bytes(), [b'1'..=b'9'])
}

/// An enumeration of ACM's `DescribeCertificate` (botocore).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words(&'static [&'static str]);

pub(crate) const STATUS: Words = Words(&[
    "PENDING_VALIDATION",
    "ISSUED",
    "INACTIVE",
    "EXPIRED",
    "VALIDATION_TIMED_OUT",
    "REVOKED",
    "FAILED",
]);
pub(crate) const TYPE: Words = Words(&["IMPORTED", "AMAZON_ISSUED", "PRIVATE"]);
pub(crate) const RENEWAL_ELIGIBILITY: Words = Words(&["ELIGIBLE", "INELIGIBLE"]);
pub(crate) const RENEWAL_STATUS: Words =
    Words(&["PENDING_AUTO_RENEWAL", "PENDING_VALIDATION", "SUCCESS", "FAILED"]);

impl Words {
    /// `text` if it is one of these words. Any other tells a scan no more than an absent one.
    pub(crate) fn known(self, text: Option<&str>) -> Option<String> {
        text.filter(|text| self.0.contains(text)).map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_that_exist_and_texts_that_only_look_like_one() {
        for region in [
            "us-east-1",
            "eu-west-1",
            "ap-southeast-7",
            "mx-central-1",
            "il-central-1",
            "cn-northwest-1",
            "us-gov-west-1",
            "us-iso-west-1",
            "us-isob-east-1",
            "eu-isoe-west-1",
            "us-isof-south-1",
            "eusc-de-east-1",
        ] {
            assert!(is_known_region(region), "{region}");
        }
        for text in [
            "",
            "-",
            "eu-west",
            "eu-west-12",
            "eu-west-0",
            "acme-west-1",
            "eu-acme-1",
            "eu-west-1-acme",
            "acme-merger",
        ] {
            assert!(!is_known_region(text), "{text}");
        }
    }
}
