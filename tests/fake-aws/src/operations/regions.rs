//! EC2's `DescribeRegions`: the Regions that the caller's account has.

use std::fmt::Write;

use super::Call;
use crate::wire::Said;

pub(super) fn describe_regions(call: &Call<'_>) -> Said {
    let mut items = String::new();
    for name in call.world.accounts[&call.key.account].regions.keys() {
        write!(
            items,
            "<item><regionName>{name}</regionName><regionEndpoint>ec2.{name}.amazonaws.com</regionEndpoint>\
             <optInStatus>opt-in-not-required</optInStatus></item>"
        )
        .expect("a String takes everything");
    }
    Said::Xml(format!(
        "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>fake_aws</requestId>\
         <regionInfo>{items}</regionInfo></DescribeRegionsResponse>"
    ))
}
