//! EC2's `DescribeRegions`, which returns the Regions of the caller's account.

use std::fmt::Write;

use super::Call;
use crate::wire::Output;

pub(super) fn describe_regions(call: &Call<'_>) -> Output {
    let mut items = String::new();
    for name in call.world.accounts[&call.key.account].regions.keys() {
        write!(
            items,
            "<item><regionName>{name}</regionName><regionEndpoint>ec2.{name}.amazonaws.com</regionEndpoint>\
             <optInStatus>opt-in-not-required</optInStatus></item>"
        )
        .expect("writing to a String never fails");
    }
    Output::Xml(format!(
        "<DescribeRegionsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>fake_aws</requestId>\
         <regionInfo>{items}</regionInfo></DescribeRegionsResponse>"
    ))
}
