//! Values that AWS defines, which redaction keeps.
//!
//! Lists of known values are used because a text that only has the same form could reveal a name.

/// AWS's partitions (`partitions.json` of the SDKs).
const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"];

/// The first parts of Region names.
///
/// Their combinations with [`DIRECTIONS`] also cover future Regions, and contain no other words.
const AREAS: [&str; 16] = [
    "af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us", "us-gov", "eusc-de", "us-iso", "us-isob",
    "eu-isoe", "us-isof",
];
/// The second parts of Region names.
const DIRECTIONS: [&str; 9] =
    ["central", "east", "north", "northeast", "northwest", "south", "southeast", "southwest", "west"];

pub(crate) fn is_known_partition(text: &str) -> bool {
    PARTITIONS.contains(&text)
}

/// Whether `text` is the name of an existing or possible Region: an area, a direction and a digit
/// from 1 to 9.
pub(crate) fn is_known_region(text: &str) -> bool {
    let Some((area_and_direction, number)) = text.rsplit_once('-') else { return false };
    let Some((area, direction)) = area_and_direction.rsplit_once('-') else { return false };
    AREAS.contains(&area) && DIRECTIONS.contains(&direction) && matches!(number.as_bytes(), [b'1'..=b'9'])
}

/// The values of an enumeration in ACM's `DescribeCertificate` (botocore).
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnumValues(&'static [&'static str]);

pub(crate) const STATUS: EnumValues = EnumValues(&[
    "PENDING_VALIDATION",
    "ISSUED",
    "INACTIVE",
    "EXPIRED",
    "VALIDATION_TIMED_OUT",
    "REVOKED",
    "FAILED",
]);
pub(crate) const TYPE: EnumValues = EnumValues(&["IMPORTED", "AMAZON_ISSUED", "PRIVATE"]);
pub(crate) const RENEWAL_ELIGIBILITY: EnumValues = EnumValues(&["ELIGIBLE", "INELIGIBLE"]);
pub(crate) const RENEWAL_STATUS: EnumValues =
    EnumValues(&["PENDING_AUTO_RENEWAL", "PENDING_VALIDATION", "SUCCESS", "FAILED"]);

impl EnumValues {
    /// `text` if it is one of these values; a scan treats any other value as missing.
    pub(crate) fn known(self, text: Option<&str>) -> Option<String> {
        text.filter(|text| self.0.contains(text)).map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_regions_are_known_regions() {
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
